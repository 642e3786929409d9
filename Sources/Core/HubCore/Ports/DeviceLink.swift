package import CORProtocol
import SMPProtocol

/// Why a link ended. A link that is gone stays gone; a new one is opened instead.
package enum LinkGoneReason: Sendable, Hashable {
    /// This side called `close()`.
    case closed
    /// The peer's host says that nobody listens, or the device was unplugged.
    case refused
    /// The address cannot be opened from here.
    case unreachable
    /// The system failed the link; its error number (errno).
    case failed(code: Int32)
}

/// What a link tells its owner, in this order: `opened` once, `received` any number of times, `gone` once.
///
/// A link that cannot be opened tells only `gone`.
package enum LinkEvent: Sendable, Hashable {
    case opened
    case received(message: [UInt8])
    case gone(LinkGoneReason)
}

/// A way to one device: whole SMP messages in, whole SMP messages out, and "gone".
///
/// A link decides nothing: it neither matches, repeats nor decodes. Every conformer passes the link contract suite.
package protocol DeviceLink: Sendable {
    var kind: LinkKind { get }
    /// As people write it, for example "udp://127.0.0.1:1337".
    var address: String { get }
    /// Bytes of the largest message that the link carries, SMP header included.
    var messageLengthMax: Int { get }

    /// Bytes of the largest message for a device that tells `bufferSize` as its buf_size; framing may share the buffer.
    func messageLengthMax(bufferSize: Int) -> Int

    /// Opens the link; called once. `handler` gets events one at a time and in order, never from within a call of
    /// `start`, `send` or `close`, and nothing after `gone`.
    func start(_ handler: @escaping @Sendable (LinkEvent) -> Void)

    /// Sends one whole SMP message; never blocks. Messages before `opened`, after `gone` or over the link's length
    /// limit are dropped, as a lossy link may drop any.
    func send(_ message: [UInt8])

    /// Ends the link: `gone(.closed)` follows unless it is gone already.
    func close()
}

extension DeviceLink {
    /// What an SMP header can announce.
    package var messageLengthMax: Int { SMPHeader.byteCount + Int(UInt16.max) }

    package func messageLengthMax(bufferSize: Int) -> Int { min(bufferSize, messageLengthMax) }
}
