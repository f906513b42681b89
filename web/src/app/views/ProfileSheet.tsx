/** What a person avoids and wants. Kept on the device. */

import { ASKS_NOTHING, type Diet, type Grade, type Limited } from '../judge'
import { profile, sheet } from '../state'
import { words } from '../words'
import { Sheet } from './Sheet'

/** The fourteen of the European Union, by GS1 code: facings/catalogue/allergen_codes.py. */
const AVOIDABLE = [
  ['AW', 'Cereals with gluten'],
  ['AM', 'Milk'],
  ['AE', 'Eggs'],
  ['AN', 'Nuts'],
  ['AP', 'Peanuts'],
  ['AY', 'Soybeans'],
  ['AF', 'Fish'],
  ['AC', 'Crustaceans'],
  ['UM', 'Molluscs'],
  ['AS', 'Sesame'],
  ['BM', 'Mustard'],
  ['BC', 'Celery'],
  ['NL', 'Lupin'],
  ['AU', 'Sulphites'],
] as const
const DIETS = Object.keys(words.diets) as Diet[]
const LIMITS = Object.keys(words.limits) as Limited[]

export function ProfileSheet() {
  const now = profile.value
  return (
    <Sheet
      title={words.profile}
      onClose={() => {
        sheet.value = null
      }}
    >
      <p class="small">{words.profileKept}</p>
      <fieldset>
        <legend>{words.avoidTitle}</legend>
        <div class="choices-grid">
          {AVOIDABLE.map(([code, name]) => (
            <Toggle
              key={code}
              label={name}
              on={now.avoid.some((each) => each.code === code)}
              set={(on) => avoid(code, on)}
            />
          ))}
        </div>
        <Toggle
          label={words.tracesToo}
          on={now.avoid.every((each) => each.traces === 'avoid')}
          set={(on) => {
            const traces = on ? 'avoid' : 'accept'
            profile.value = { ...now, avoid: now.avoid.map(({ code }) => ({ code, traces })) }
          }}
        />
      </fieldset>
      <fieldset>
        <legend>{words.dietsTitle}</legend>
        <div class="choices-grid">
          {DIETS.map((diet) => (
            <Toggle
              key={diet}
              label={words.diets[diet]}
              on={now.diets.includes(diet)}
              set={(on) => {
                const others = now.diets.filter((each) => each !== diet)
                profile.value = { ...now, diets: on ? [...others, diet] : others }
              }}
            />
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{words.limitsTitle}</legend>
        {LIMITS.map((nutrient) => (
          <label key={nutrient} class="row">
            {words.limits[nutrient]}
            <input
              type="number"
              min="0"
              step="0.1"
              inputMode="decimal"
              value={now.limits.find((each) => each.nutrient === nutrient)?.most ?? ''}
              onChange={(event) => limit(nutrient, event.currentTarget.value)}
            />
          </label>
        ))}
        <label class="row">
          {words.worstGrade}
          <select
            value={now.worst_grade ?? ''}
            onChange={(event) => {
              const grade = event.currentTarget.value as Grade | ''
              profile.value = { ...now, worst_grade: grade || null }
            }}
          >
            <option value="">{words.anyGrade}</option>
            {['A', 'B', 'C', 'D'].map((grade) => (
              <option key={grade}>{grade}</option>
            ))}
          </select>
        </label>
      </fieldset>
      <button
        type="button"
        onClick={() => {
          profile.value = ASKS_NOTHING
        }}
      >
        {words.clearProfile}
      </button>
    </Sheet>
  )
}

function avoid(code: string, on: boolean): void {
  const { avoid: now } = profile.value
  const others = now.filter((each) => each.code !== code)
  const traces = now.some((each) => each.traces === 'accept') ? 'accept' : 'avoid'
  profile.value = { ...profile.value, avoid: on ? [...others, { code, traces }] : others }
}

function limit(nutrient: Limited, text: string): void {
  const most = Number.parseFloat(text)
  const others = profile.value.limits.filter((each) => each.nutrient !== nutrient)
  const limits = Number.isFinite(most) && most >= 0 ? [...others, { nutrient, most }] : others
  profile.value = { ...profile.value, limits }
}

interface ToggleProps {
  readonly label: string
  readonly on: boolean
  readonly set: (on: boolean) => void
}

export function Toggle({ label, on, set }: ToggleProps) {
  return (
    <label class="toggle">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  )
}
