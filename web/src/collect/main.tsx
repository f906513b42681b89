import { render } from 'preact'
import { start } from './actions'
import { keepForOffline } from './offline'
import '../app/style.css'
import './collect.css'
import { Page } from './views/Page'

keepForOffline()
void start()
render(<Page />, document.getElementById('collect') as HTMLElement)
