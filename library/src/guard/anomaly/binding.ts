import type { SessionFacts } from '../../session/facts.js'
import type { Client, Eye } from './look.js'
import type { Binding } from './options.js'

/** Whether a session comes from where it was signed in to, as far as `binding` wants that. */
export function isBound(
  binding: Binding,
  eye: Eye,
  client: Client,
  { firstAddress, firstAgent }: SessionFacts,
): boolean {
  switch (binding) {
    case 'none':
      return true
    case 'address':
      return client.address === firstAddress
    case 'network':
      return eye.networkOf(client.address) === eye.networkOf(firstAddress)
    case 'agent':
      return eye.familyOf(client.agent) === eye.familyOf(firstAgent)
  }
}

/** What is told. No address is named: whoever has stolen the session would learn where it belongs. */
export function mismatchCode(binding: Binding): 'binding_mismatch' | 'agent_mismatch' {
  return binding === 'agent' ? 'agent_mismatch' : 'binding_mismatch'
}
