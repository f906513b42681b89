/** One aisle: its shelves from afar and from near, and its products. */

import { beginItem, takeShelf } from '../actions'
import type { Round } from '../kept'
import { captures, items } from '../state'
import { words } from '../words'
import { Head } from './Page'
import { Pictures, Take } from './Pictures'

export function Aisle({ round, aisle }: { readonly round: Round; readonly aisle: string }) {
  const here = captures.value.filter((each) => each.round === round.id && each.aisle === aisle)
  const shelves = here.filter((each) => each.item === null)
  const products = items.value.filter((each) => each.round === round.id && each.aisle === aisle)
  return (
    <>
      <Head title={aisle || words.elsewhere} back={`#round/${round.id}`} />
      <div class="takes">
        <Take onFiles={(files) => void takeShelf(files, 'shelf far', aisle)}>{words.far}</Take>
        <Take onFiles={(files) => void takeShelf(files, 'shelf near', aisle)}>{words.near}</Take>
        <button type="button" class="primary" onClick={() => void beginItem(round.id, aisle)}>
          {words.product}
        </button>
      </div>
      {shelves.length > 0 && (
        <section aria-labelledby="shelves">
          <h2 id="shelves">{words.shelvesHere}</h2>
          <Pictures captures={shelves} />
        </section>
      )}
      {products.length > 0 && (
        <section aria-labelledby="products">
          <h2 id="products">{words.productsHere}</h2>
          <ul class="cards">
            {products.map((each) => (
              <li key={each.id}>
                <a class="card" href={`#item/${each.id}`} data-state={each.state}>
                  <strong>{each.knownAs ?? (each.name || words.unnamed)}</strong>
                  <span class="small">{words.itemStates[each.state]}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
