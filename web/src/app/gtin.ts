/** GTINs as a person types them: the rules of facings/catalogue/gtin.py. */

const LENGTHS = [8, 12, 13, 14]

export type GtinAnswer =
  | { readonly gtin: string; readonly problem: null }
  | { readonly gtin: null; readonly problem: 'no-digits' | 'not-digits' | 'length' | 'zeros' }
  | { readonly gtin: null; readonly problem: 'check-digit'; readonly expected: string }

/** From the right the digits weigh 3, 1, 3, 1...; the check digit fills up to a ten. */
export function checkDigit(body: string): string {
  let total = 0
  for (let i = 0; i < body.length; i++) {
    total += Number(body[body.length - 1 - i]) * (i % 2 ? 1 : 3)
  }
  return String((10 - (total % 10)) % 10)
}

/** Read a GTIN-8, -12, -13 or -14 as GTIN-14; spaces and hyphens are ignored. */
export function gtin14(text: string): GtinAnswer {
  const digits = text.replace(/[\s-]/g, '')
  if (!digits) return { gtin: null, problem: 'no-digits' }
  if (!/^[0-9]+$/.test(digits)) return { gtin: null, problem: 'not-digits' }
  if (!LENGTHS.includes(digits.length)) return { gtin: null, problem: 'length' }
  if (/^0+$/.test(digits)) return { gtin: null, problem: 'zeros' }
  const expected = checkDigit(digits.slice(0, -1))
  if (!digits.endsWith(expected)) return { gtin: null, problem: 'check-digit', expected }
  return { gtin: digits.padStart(14, '0'), problem: null }
}

/** Expand a zero-suppressed UPC-E of eight digits to the UPC-A it stands for; null if it is none. */
export function upcEToUpcA(text: string): string | null {
  if (!/^[01][0-9]{7}$/.test(text)) return null
  const [system, x, last] = [text.slice(0, 1), text.slice(1, 6), text.slice(6, 7)]
  let body = `${system}${x}0000${last}`
  if ('012'.includes(last)) body = `${system}${x.slice(0, 2)}${last}0000${x.slice(2)}`
  else if (last === '3') body = `${system}${x.slice(0, 3)}00000${x.slice(3)}`
  else if (last === '4') body = `${system}${x.slice(0, 4)}00000${x.slice(4)}`
  return checkDigit(body) === text[7] ? body + text[7] : null
}

/** As it is printed: the shortest of 8, 12, 13 and 14 digits that holds it. */
export function naturalForm(gtin: string): string {
  const significant = gtin.replace(/^0+/, '').length
  return gtin.slice(-(LENGTHS.find((length) => significant <= length) ?? 14))
}
