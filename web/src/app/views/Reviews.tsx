/** What others thought, and a place to say it. */

import { useState } from 'preact/hooks'
import type { Product } from '../../pack/record'
import { review } from '../actions'
import { words } from '../words'

export function Reviews({ product }: { readonly product: Product }) {
  const all = product.reviews ?? []
  const [rating, setRating] = useState('5')
  const [text, setText] = useState('')
  return (
    <section>
      <h3>{words.reviews}</h3>
      {all.length === 0 && <p>{words.noReviews}</p>}
      <ul class="reviews">
        {all.map((each) => (
          <li key={each.id}>
            <Stars rating={each.rating} />
            <p>{each.text}</p>
            <p class="small">{each.author}</p>
          </li>
        ))}
      </ul>
      <details>
        <summary>{words.writeReview}</summary>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void review(product.gtin, Number(rating), text)
            setText('')
          }}
        >
          <label>
            {words.rating}
            <select value={rating} onChange={(event) => setRating(event.currentTarget.value)}>
              {[5, 4, 3, 2, 1].map((each) => (
                <option key={each} value={String(each)}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          <label>
            {words.reviewText}
            <textarea
              rows={3}
              maxLength={4000}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          <button type="submit">{words.sendReview}</button>
        </form>
      </details>
    </section>
  )
}

function Stars({ rating }: { readonly rating: number }) {
  return (
    <span class="stars" role="img" aria-label={words.stars(rating)}>
      {'★'.repeat(rating)}
      {'☆'.repeat(5 - rating)}
    </span>
  )
}
