/// What happens to the cable.
package enum USBCommand: Sendable, Hashable {
    case plug
    case unplug
    case fault(USBFaultOrder)
}
