import { render } from 'preact'

render(<p>Facings</p>, document.getElementById('app') as HTMLElement)
