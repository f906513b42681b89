import type { HtmlTagDescriptor, Plugin } from 'vite'

const tag = (name: 'meta' | 'link', attrs: Record<string, string>): HtmlTagDescriptor => ({
  tag: name,
  attrs,
  injectTo: 'head-prepend',
})

/** What every page says of itself beside its title. */
export const head = (): Plugin => ({
  name: 'facings-head',
  transformIndexHtml: () => [
    tag('meta', { charset: 'utf-8' }),
    tag('meta', {
      name: 'viewport',
      content: 'width=device-width, initial-scale=1, viewport-fit=cover',
    }),
    tag('meta', { name: 'theme-color', content: '#10231b' }),
    tag('link', { rel: 'icon', href: '/icons/icon.svg', type: 'image/svg+xml' }),
    tag('link', { rel: 'apple-touch-icon', href: '/icons/icon-192.png' }),
  ],
})
