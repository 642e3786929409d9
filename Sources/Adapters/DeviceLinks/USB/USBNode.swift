import CORProtocol
import HubCore

/// An open device with its interface claimed: what a link asks of the system. Used on the link's thread only.
protocol USBNode: AnyObject {
    /// Ends an `awaitEvents` from any thread, the next one where none is under way.
    var wake: @Sendable () -> Void { get }
    /// Begins a read.
    func read(_ pipe: USBPipe, length: Int)
    /// Begins a write.
    func write(_ bytes: [UInt8])
    /// The ends of transfers, each once and in the order in which they came.
    ///
    /// Waits until there is one, until `wake`, or until `deadline` of CLOCK_MONOTONIC; nil is as long as it takes. May
    /// return early with nothing.
    func awaitEvents(until deadline: Duration?) -> [USBLinkMachine.Event]
    /// Ends all transfers; the end of each still comes.
    func cancelTransfers()
    /// Ends the reads of messages; their ends still come, with the bytes that were read.
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
    /// Opens the device there; may block.
    func open(_ place: USBPlace) -> USBOpening
}
