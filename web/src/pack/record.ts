/** A product as the service tells it; in a pack, what is not known is absent. */

import type { components } from '../api/schema'

type Told = components['schemas']['ProductOut']

export type Product = Partial<Told> & Pick<Told, 'gtin' | 'name'>
export type Knowledge = components['schemas']['KnowledgeOut']
export type Allergen = components['schemas']['AllergenOut']
export type Offer = components['schemas']['OfferOut']
export type Review = components['schemas']['ReviewOut']
