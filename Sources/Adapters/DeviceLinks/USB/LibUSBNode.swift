import CLibUSB
import Glibc
import HubCore
import Threads
import USBProtocol

/// A device node, worked with through libusb's asynchronous calls.
///
/// Its context is its own, so that everything happens on the link's thread, libusb's callbacks included: a transfer is never
/// cancelled before it is submitted, nor freed while it is cancelled. Kernel drivers are never detached.
final class LibUSBNode: USBNode {
    /// From the first byte of a write to its last; a device that is busy with its flash takes its time.
    private static let writeTimeoutMilliseconds: UInt32 = 5_000
    /// A wait that nothing else limits; libusb wants some limit.
    private static let waitMax = Duration.seconds(24 * 60 * 60)

    let wake: @Sendable () -> Void
    private let context: USBContext
    private let file: Int32
    private let handle: OpaquePointer
    private let channels: USBChannels
    /// In the order of their submission.
    private var underWay: [LibUSBTransfer] = []
    /// Transfers that are done, to be used again.
    private var spare: [LibUSBTransfer] = []
    private var ended: [USBLinkMachine.Event] = []

    private init(context: USBContext, file: Int32, handle: OpaquePointer, channels: USBChannels) {
        self.context = context
        self.file = file
        self.handle = handle
        self.channels = channels
        wake = { context.interrupt() }
    }

    /// Opens what is at `place` if it still is what it was when it was seen, and claims its interface.
    static func open(_ place: USBPlace) -> USBOpening {
        guard let context = try? USBContext(tellsOfChanges: false) else { return .failed(.failed(code: ENOMEM)) }
        let file = Glibc.open(USBBus.node(of: place), O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return .failed(LinkGoneReason(errorNumber: errno)) }
        guard let channels = channels(of: place, file: file) else {
            Glibc.close(file)
            return .failed(.refused)
        }
        var handle: OpaquePointer?
        var code = libusb_wrap_sys_device(context.pointer, Int(file), &handle)
        guard code == 0, let handle else {
            Glibc.close(file)
            return .failed(LinkGoneReason(libusb: code))
        }
        code = libusb_claim_interface(handle, Int32(channels.interfaceNumber))
        guard code == 0 else {
            libusb_close(handle)
            Glibc.close(file)
            return .failed(LinkGoneReason(libusb: code))
        }
        let node = LibUSBNode(context: context, file: file, handle: handle, channels: channels)
        // Whoever had it before may have ended in the middle of a message.
        guard node.clearHalts() else {
            node.close()
            return .failed(.refused)
        }
        return .opened(node, channels)
    }

    /// The node itself gives the descriptors of what was opened; sysfs must still say the same of that place.
    private static func channels(of place: USBPlace, file: Int32) -> USBChannels? {
        guard let opened = USBBus.bytes(of: file, lengthMax: USBDescriptors.lengthMax + 1),
            let sighting = USBBus.sighting(at: place.portPath), sighting.place == place,
            sighting.descriptors == opened,
            case .admitted(let channels, _) = USBAdmission.verdict(on: sighting)
        else { return nil }
        return channels
    }

    func read(_ pipe: USBPipe, length: Int) {
        let endpoint = pipe == .messages ? channels.messagesIn : channels.eventsIn
        submit(.read(pipe), length: length) { [handle] transfer in
            transfer.fill(
                handle, endpoint: endpoint.address,
                type: pipe == .messages ? LIBUSB_TRANSFER_TYPE_BULK : LIBUSB_TRANSFER_TYPE_INTERRUPT, length: length)
        }
    }

    func write(_ bytes: [UInt8]) {
        submit(.write, length: bytes.count) { [handle, channels] transfer in
            transfer.copyIn(bytes)
            transfer.fill(
                handle, endpoint: channels.messagesOut.address, type: LIBUSB_TRANSFER_TYPE_BULK, length: bytes.count,
                timeoutMilliseconds: Self.writeTimeoutMilliseconds, addsZeroPacket: true)
        }
    }

    private func submit(_ purpose: LibUSBTransfer.Purpose, length: Int, fill: (LibUSBTransfer) -> Void) {
        guard let transfer = spare.popLast() ?? LibUSBTransfer(ended: { [unowned self] in end($0) }) else {
            return ended.append(Self.end(of: purpose, .gone, [], length: 0))
        }
        transfer.prepare(purpose, length: length)
        underWay.append(transfer)
        fill(transfer)
        if libusb_submit_transfer(transfer.pointer) != 0 {
            transfer.isRefused = true
            end(transfer)
        }
    }

    private func end(_ transfer: LibUSBTransfer) {
        underWay.removeAll { $0 === transfer }
        spare.append(transfer)
        let bytes = transfer.purpose == .write ? [] : transfer.bytes
        ended.append(Self.end(of: transfer.purpose, transfer.status, bytes, length: transfer.actualLength))
    }

    private static func end(
        of purpose: LibUSBTransfer.Purpose, _ status: USBTransferStatus, _ bytes: [UInt8], length: Int
    ) -> USBLinkMachine.Event {
        switch purpose {
        case .read(let pipe): .readEnded(pipe, status, bytes)
        case .write: .writeEnded(status, length: length)
        }
    }

    func awaitEvents(until deadline: Duration?) -> [USBLinkMachine.Event] {
        if ended.isEmpty {
            context.handleEvents(for: deadline.map { $0 - MonotonicTime.now().sinceBeginning } ?? Self.waitMax)
        }
        defer { ended = [] }
        return ended
    }

    func cancelTransfers() {
        cancel { _ in true }
    }

    func cancelReads() {
        cancel { $0 == .read(.messages) }
    }

    /// The newest first: while a read is still under way, none behind it may take what comes.
    private func cancel(where isMeant: (LibUSBTransfer.Purpose) -> Bool) {
        for transfer in underWay.reversed() where isMeant(transfer.purpose) {
            libusb_cancel_transfer(transfer.pointer)
        }
    }

    func clearHalts() -> Bool {
        [channels.messagesOut, channels.messagesIn, channels.eventsIn].allSatisfy {
            libusb_clear_halt(handle, $0.address) == 0
        }
    }

    func resetPort() {
        libusb_reset_device(handle)
    }

    func close() {
        precondition(underWay.isEmpty, "a node is closed when its transfers have ended")
        spare = []
        libusb_release_interface(handle, Int32(channels.interfaceNumber))
        libusb_close(handle)
        // libusb leaves a node open that it was given.
        Glibc.close(file)
    }
}

extension LinkGoneReason {
    /// What open(2) said of a device node.
    fileprivate init(errorNumber: Int32) {
        switch errorNumber {
        case ENOENT, ENODEV, ENXIO: self = .refused
        case EACCES, EPERM: self = .unreachable
        default: self = .failed(code: errorNumber)
        }
    }

    /// What libusb said of opening and claiming.
    fileprivate init(libusb code: Int32) {
        switch libusb_error(code) {
        case LIBUSB_ERROR_NO_DEVICE, LIBUSB_ERROR_NOT_FOUND, LIBUSB_ERROR_IO: self = .refused
        case LIBUSB_ERROR_ACCESS: self = .unreachable
        case LIBUSB_ERROR_BUSY: self = .failed(code: EBUSY)
        case LIBUSB_ERROR_NO_MEM: self = .failed(code: ENOMEM)
        default: self = .failed(code: EIO)
        }
    }
}
