/** Without recognition: a typed number, a barcode from close up. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { type CameraFailure, CameraProblem, closeCamera, openCamera } from '../../engine/capture'
import { openNumber } from '../actions'
import { sheet } from '../state'
import { words } from '../words'
import { NumberField } from './ProductSheet'
import { Sheet } from './Sheet'

const EVERY_MS = 150

const close = () => {
  sheet.value = null
}

export function NumberSheet() {
  return (
    <Sheet title={words.typeNumber} onClose={close}>
      <NumberField action={words.lookUp} onGtin={openNumber} />
    </Sheet>
  )
}

export function BarcodeSheet() {
  const view = useRef<HTMLVideoElement>(null)
  const [failure, setFailure] = useState<CameraFailure | null>(null)
  useEffect(() => {
    const shown = view.current
    if (!shown) return
    let isGone = false
    const look = async () => {
      const { readBarcode } = await import('../barcode')
      await openCamera(shown)
      while (!isGone) {
        const gtin = await readBarcode(shown)
        if (gtin) return openNumber(gtin)
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
      }
    }
    look().catch((error) => {
      setFailure(error instanceof CameraProblem ? error.failure : 'unsupported')
    })
    return () => {
      isGone = true
      closeCamera(shown)
    }
  }, [])
  return (
    <Sheet title={words.barcode} onClose={close}>
      {failure ? (
        <p role="alert">
          <strong>{words.camera[failure].title}.</strong> {words.camera[failure].help}
        </p>
      ) : (
        <p role="status">{words.barcodeHelp}</p>
      )}
      <div class={`barcode ${failure ? 'gone' : ''}`}>
        <video ref={view} aria-label={words.barcodeLooking} playsInline muted />
      </div>
      <NumberField action={words.lookUp} onGtin={openNumber} />
    </Sheet>
  )
}
