import { render } from 'preact'

render(<h1>Facings on this device</h1>, document.getElementById('bench') as HTMLElement)
