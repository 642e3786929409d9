import DeviceSimulator
import HubCore
import USBProtocol

@testable import DeviceLinks

/// Transfers, as the kernel would carry them, to a virtual device; all on the link's thread.
final class SimulatedUSBNode: USBNode {
    private enum Purpose: Equatable {
        case read(USBPipe)
        case write
    }

    private var device: VirtualUSBDevice
    private let channels: USBChannels
    private let answer: @Sendable ([UInt8]) -> [[UInt8]]
    private let reset: () -> Void
    private var purposes: [UInt64: Purpose] = [:]
    private var ended: [USBLinkMachine.Event] = []
    private let woken = USBMailbox<Bool>(droppableCountMax: 1) { $0 }
    let wake: @Sendable () -> Void
    private var transferCount: UInt64 = 0
    private var isGone = false
    private(set) var isClosed = false

    init(
        _ device: VirtualUSBDevice, channels: USBChannels, answer: @escaping @Sendable ([UInt8]) -> [[UInt8]],
        reset: @escaping () -> Void
    ) {
        self.device = device
        self.channels = channels
        wake = { [woken] in woken.post(true) }
        self.answer = answer
        self.reset = reset
    }

    func read(_ pipe: USBPipe, length: Int) {
        let endpoint = pipe == .messages ? channels.messagesIn : channels.eventsIn
        submit(.read(pipe), endpoint.address, length: length)
    }

    func write(_ bytes: [UInt8]) {
        submit(.write, channels.messagesOut.address, length: bytes.count, data: bytes)
    }

    /// Whatever was begun has ended at once, so that only a wake or the deadline ends a wait.
    func awaitEvents(until deadline: Duration?) -> [USBLinkMachine.Event] {
        if ended.isEmpty { _ = woken.takeAll(until: deadline) }
        defer { ended = [] }
        return ended
    }

    func cancelTransfers() { cancel { _ in true } }

    func cancelReads() { cancel { $0 == .read(.messages) } }

    private func cancel(where isMeant: (Purpose) -> Bool) {
        for id in purposes.keys.sorted(by: >) where purposes[id].map(isMeant) ?? false {
            var gathered: [UInt8] = []
            for case .unfinished(_, let data) in device.handle(.unlink(sequence: 0, victim: UInt32(id))) {
                gathered = data
            }
            end(id, isGone ? .gone : .cancelled, gathered, length: 0)
        }
    }

    func clearHalts() -> Bool {
        for endpoint in [channels.messagesOut, channels.messagesIn, channels.eventsIn] {
            let setup = USBSetup(
                requestType: 2, request: USBRequest.clearFeature, value: USBRequest.endpointHalt,
                index: UInt16(endpoint.address))
            let transfer = USBIPTransfer(sequence: 0, isIn: false, endpoint: 0, length: 0, setup: setup.encoded())
            guard case .answer(.submitted(_, 0, _, _)) = device.handle(.submit(transfer)).first else { return false }
        }
        return true
    }

    func resetPort() { reset() }

    func close() {
        precondition(purposes.isEmpty && !isClosed, "closed once, when every transfer has ended")
        isClosed = true
    }

    private func submit(_ purpose: Purpose, _ address: UInt8, length: Int, data: [UInt8] = []) {
        transferCount += 1
        let id = transferCount
        purposes[id] = purpose
        guard !isGone else { return end(id, .gone, [], length: 0) }
        let transfer = USBIPTransfer(
            sequence: UInt32(id), isIn: address & 0x80 != 0, endpoint: address & 0x0F, length: length, data: data)
        perform(device.handle(.submit(transfer)))
    }

    private func perform(_ effects: [VirtualUSBDevice.Effect]) {
        for effect in effects {
            switch effect {
            case .answer(.submitted(let sequence, let status, let length, let data)):
                end(UInt64(sequence), Self.status(status), data, length: length)
            case .received(let message):
                for answer in answer(message) { perform(device.send(message: answer)) }
            case .disconnect:
                isGone = true
                for id in purposes.keys.sorted() { end(id, .gone, [], length: 0) }
            case .answer(.unlinked), .unfinished, .struck:
                break
            }
        }
    }

    private func end(_ id: UInt64, _ status: USBTransferStatus, _ data: [UInt8], length: Int) {
        guard let purpose = purposes.removeValue(forKey: id) else { return }
        switch purpose {
        case .read(let pipe): ended.append(.readEnded(pipe, status, data))
        case .write: ended.append(.writeEnded(status, length: length))
        }
    }

    private static func status(_ code: Int32) -> USBTransferStatus {
        switch code {
        case 0: .completed
        case -32: .stalled
        case -75: .overflowed
        default: .gone
        }
    }
}
