/** Numbers and days as a person reads them. */

const TEXT = 'en'

export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat(TEXT, { style: 'currency', currency }).format(cents / 100)
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(TEXT, { day: 'numeric', month: 'long' }).format(new Date(iso))
}

export function time(iso: string): string {
  return new Intl.DateTimeFormat(TEXT, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso))
}

export function amount(value: number): string {
  return new Intl.NumberFormat(TEXT, { maximumFractionDigits: 2 }).format(value)
}

export function megabytes(bytes: number): string {
  return new Intl.NumberFormat(TEXT, { maximumFractionDigits: 1 }).format(bytes / 1e6)
}
