import CORProtocol
import HubCore

/// An open device with its interface claimed: what a link asks of the system. Used on the link's thread only.
protocol USBNode: AnyObject {
    /// Begins a read; its end is announced with a number, for `result(of:)`.
    func read(_ pipe: USBPipe, length: Int)
    /// Begins a write; its end is announced in the same way.
    func write(_ bytes: [UInt8])
    /// What came of a transfer whose end was announced; once for each.
    func result(of transfer: UInt64) -> USBLinkMachine.Event
    /// Ends all transfers; each still announces its end.
    func cancelTransfers()
    /// Ends the reads of messages, which still announce their ends and have the bytes that came.
    func cancelReads()
    /// Clears the halt of all endpoints; false where that fails. May block.
    func clearHalts() -> Bool
    /// May block.
    func resetPort()
    /// Lets go of the device; no transfer is under way.
    func close()
}

/// What came of opening a device.
enum USBOpening {
    case opened(any USBNode, USBChannels)
    case failed(LinkGoneReason)
}

/// The bus, as a link sees it: the real one, or a test's.
protocol USBDeviceSource: Sendable {
    /// Has the device looked for; `appeared` or `expired` comes when it is there, and `left` when it is no more.
    func await(
        _ serial: DeviceSerial, for link: USBWatch.LinkID, _ handler: @escaping @Sendable (USBLinkMachine.Event) -> Void
    )
    /// The link is over.
    func end(_ link: USBWatch.LinkID, _ loss: USBReturnMatch.Loss?)
    /// Opens the device there; may block. `ended` announces the end of each transfer, from any thread.
    func open(_ place: USBPlace, ended: @escaping @Sendable (UInt64) -> Void) -> USBOpening
}
