/// What is read: SMP messages back to back, or events of one packet each (firmware-specs/transport.md, section 4).
package enum USBPipe: Sendable, Hashable {
    case messages
    case events
}
