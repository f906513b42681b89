import { render } from 'preact'
import { begin } from './actions'
import { keepForOffline } from './offline'
import { openKeptPack } from './packs'
import './style.css'
import { App } from './views/App'

begin()
void openKeptPack()
keepForOffline()
render(<App />, document.getElementById('app') as HTMLElement)
