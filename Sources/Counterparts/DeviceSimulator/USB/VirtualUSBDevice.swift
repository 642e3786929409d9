import SMPProtocol
import USBProtocol

/// The USB side of a virtual device: transfers of the host in, answers out, and SMP messages either way.
///
/// It answers enumeration, keeps the halts of endpoints, cuts messages into transfers as a device controller does, and
/// misbehaves as ordered. It knows nothing of what the messages mean.
package struct VirtualUSBDevice: Sendable {
    package enum Effect: Sendable, Hashable {
        case answer(USBIPAnswer)
        /// What a read had gathered when the host ended it; a host controller tells, USB/IP does not.
        case unfinished(sequence: UInt32, data: [UInt8])
        /// A whole message came from the hub.
        case received([UInt8])
        /// The device is gone from the bus.
        case disconnect
        case struck(USBFault)
    }

    /// A message on its way to the hub, which is one transfer as a device makes it.
    private struct Outgoing: Sendable {
        var bytes: ArraySlice<UInt8>
        /// Only the packet of zero bytes after a full one is left.
        var needsZeroPacket: Bool
    }

    /// A read of the host that waits for data.
    private struct Waiting: Sendable {
        var sequence: UInt32
        var length: Int
        var data: [UInt8] = []
    }

    /// Messages and events that wait for the host; what comes on top is lost.
    private static let queueCountMax = 256

    // linux/errno.h
    private static let stalled: Int32 = -32
    private static let overflowed: Int32 = -75
    private static let reset: Int32 = -104

    private let identity: USBIdentity
    package var faults: USBFaults
    private var reassembler = SMPReassembler()
    private var messages: [Outgoing] = []
    private var events: [Outgoing] = []
    private var waiting: [UInt8: [Waiting]] = [:]
    private var halted: Set<UInt8> = []
    /// Writes that are not taken, by their sequences.
    private var held: [UInt32] = []
    private var isConfigured = false

    package init(identity: USBIdentity, faults: USBFaults = USBFaults()) {
        self.identity = identity
        self.faults = faults
    }

    package mutating func handle(_ command: USBIPCommand) -> [Effect] {
        switch command {
        case .unlink(let sequence, let victim):
            return unlink(victim, sequence: sequence)
        case .submit(let transfer) where transfer.endpoint == 0:
            return [.answer(control(transfer))]
        case .submit(let transfer):
            let address = transfer.endpoint | (transfer.isIn ? 0x80 : 0)
            guard !halted.contains(address) else { return [refusal(of: transfer)] }
            switch address {
            case identity.messagesOut:
                return receive(transfer)
            case identity.messagesIn, identity.eventsIn:
                waiting[address, default: []].append(
                    Waiting(sequence: transfer.sequence, length: transfer.length))
                return flush()
            default:
                // An endpoint of an interface that is only there to be refused.
                return transfer.isIn ? [] : [refusal(of: transfer)]
            }
        }
    }

    /// Sends an answer, as well as the faults allow.
    package mutating func send(message: [UInt8]) -> [Effect] {
        var effects: [Effect] = []
        guard messages.count < Self.queueCountMax else { return [] }
        if strikes(.stall, &effects) {
            return effects + halt(identity.messagesIn)
        }
        if strikes(.babble, &effects) {
            return effects + overflow()
        }
        var bytes = message[...]
        if strikes(.cut, &effects) { bytes = bytes.prefix(message.count / 2) }
        let partLength = faults.number(of: .short) ?? bytes.count
        while !bytes.isEmpty {
            messages.append(Outgoing(bytes: bytes.prefix(partLength), needsZeroPacket: false))
            bytes = bytes.dropFirst(partLength)
        }
        return effects + flush()
    }

    /// Sends an event by interrupt, or with the answers where it is longer than a packet.
    package mutating func send(event: [UInt8]) -> [Effect] {
        var effects: [Effect] = []
        if strikes(.lostEvent, &effects) { return effects }
        guard event.count <= identity.eventPacketLength else {
            messages.append(Outgoing(bytes: event[...], needsZeroPacket: false))
            return flush()
        }
        guard events.count < Self.queueCountMax else { return [] }
        events.append(Outgoing(bytes: event[...], needsZeroPacket: false))
        return flush()
    }

    // MARK: - Transfers

    private mutating func receive(_ transfer: USBIPTransfer) -> [Effect] {
        var effects: [Effect] = []
        if strikes(.stallOut, &effects) {
            halted.insert(identity.messagesOut)
            return effects + [refusal(of: transfer)]
        }
        if faults.isOn(.hold) {
            _ = strikes(.hold, &effects)
            held.append(transfer.sequence)
            return effects
        }
        if faults.disconnects(after: transfer.data.count) {
            return [.struck(.disconnect), .disconnect]
        }
        effects.append(
            .answer(.submitted(sequence: transfer.sequence, status: 0, length: transfer.data.count, data: [])))
        // What is no message begins anew with the next transfer, as after a halt.
        let received = (try? reassembler.append(transfer.data)) ?? []
        return effects + received.map { .received($0) }
    }

    /// Gives the host what there is and what it waits for.
    private mutating func flush() -> [Effect] {
        let packet = identity.packetLength
        return Self.fill(
            &waiting[identity.messagesIn, default: []], from: &messages, packetLength: packet, faults: &faults)
            + Self.fill(
                &waiting[identity.eventsIn, default: []], from: &events, packetLength: identity.eventPacketLength,
                faults: &faults)
    }

    private static func fill(
        _ waiting: inout [Waiting], from queue: inout [Outgoing], packetLength: Int, faults: inout USBFaults
    ) -> [Effect] {
        var effects: [Effect] = []
        // Each round takes bytes, or removes a message or a read.
        while !waiting.isEmpty, !queue.isEmpty {
            let length = min(waiting[0].length - waiting[0].data.count, queue[0].bytes.count)
            waiting[0].data += queue[0].bytes.prefix(length)
            queue[0].bytes = queue[0].bytes.dropFirst(length)
            if faults.disconnects(after: length) {
                return effects + [.struck(.disconnect), .disconnect]
            }
            let isFull = waiting[0].data.count == waiting[0].length
            var isEnded = isFull
            if queue[0].bytes.isEmpty {
                let endsShort = queue[0].needsZeroPacket || waiting[0].data.count % packetLength != 0
                if endsShort || faults.isOn(.noZeroPacket) {
                    queue.removeFirst()
                    isEnded = isFull || endsShort
                } else if isFull {
                    queue[0].needsZeroPacket = true
                } else {
                    queue.removeFirst()
                    isEnded = true
                }
            }
            guard isEnded else { continue }
            let read = waiting.removeFirst()
            effects.append(
                .answer(.submitted(sequence: read.sequence, status: 0, length: read.data.count, data: read.data)))
        }
        return effects
    }

    private mutating func halt(_ address: UInt8) -> [Effect] {
        halted.insert(address)
        defer { waiting[address] = [] }
        return (waiting[address] ?? []).map {
            .answer(.submitted(sequence: $0.sequence, status: Self.stalled, length: 0, data: []))
        }
    }

    private mutating func overflow() -> [Effect] {
        guard let read = waiting[identity.messagesIn]?.first else { return [] }
        waiting[identity.messagesIn]?.removeFirst()
        return [.answer(.submitted(sequence: read.sequence, status: Self.overflowed, length: 0, data: []))]
    }

    private func refusal(of transfer: USBIPTransfer) -> Effect {
        .answer(.submitted(sequence: transfer.sequence, status: Self.stalled, length: 0, data: []))
    }

    private mutating func unlink(_ victim: UInt32, sequence: UInt32) -> [Effect] {
        if let index = held.firstIndex(of: victim) {
            held.remove(at: index)
            return [.answer(.unlinked(sequence: sequence, status: Self.reset))]
        }
        for (address, reads) in waiting {
            guard let index = reads.firstIndex(where: { $0.sequence == victim }) else { continue }
            waiting[address]?.remove(at: index)
            return [
                .unfinished(sequence: victim, data: reads[index].data),
                .answer(.unlinked(sequence: sequence, status: Self.reset)),
            ]
        }
        return [.answer(.unlinked(sequence: sequence, status: 0))]
    }

    private mutating func strikes(_ fault: USBFault, _ effects: inout [Effect]) -> Bool {
        guard faults.strikes(fault) else { return false }
        effects.append(.struck(fault))
        return true
    }

    // MARK: - Endpoint 0

    private mutating func control(_ transfer: USBIPTransfer) -> USBIPAnswer {
        guard let setup = USBSetup(decoding: transfer.setup), let data = answer(to: setup) else {
            return .submitted(sequence: transfer.sequence, status: Self.stalled, length: 0, data: [])
        }
        guard transfer.isIn else {
            return .submitted(sequence: transfer.sequence, status: 0, length: transfer.length, data: [])
        }
        let given = Array(data.prefix(min(Int(setup.length), transfer.length)))
        return .submitted(sequence: transfer.sequence, status: 0, length: given.count, data: given)
    }

    /// Nil stalls: the device does not know the request.
    private mutating func answer(to setup: USBSetup) -> [UInt8]? {
        // Class and vendor requests: none.
        guard setup.requestType & 0x60 == 0 else { return nil }
        switch (setup.isIn, setup.request) {
        case (true, USBRequest.getDescriptor):
            return descriptor(type: UInt8(setup.value >> 8), index: Int(setup.value & 0xFF))
        case (true, USBRequest.getStatus):
            let isHalted = setup.requestType & 0x1F == 2 && halted.contains(UInt8(truncatingIfNeeded: setup.index))
            return [isHalted ? 1 : 0, 0]
        case (true, USBRequest.getConfiguration):
            return [isConfigured ? 1 : 0]
        case (true, USBRequest.getInterface):
            return [0]
        case (false, USBRequest.clearFeature) where setup.requestType & 0x1F == 2:
            begin(anewOn: UInt8(truncatingIfNeeded: setup.index))
            return []
        case (false, USBRequest.setFeature) where setup.requestType & 0x1F == 2:
            halted.insert(UInt8(truncatingIfNeeded: setup.index))
            return []
        case (false, USBRequest.setConfiguration):
            isConfigured = setup.value != 0
            [identity.messagesOut, identity.messagesIn, identity.eventsIn].forEach { begin(anewOn: $0) }
            return []
        case (false, USBRequest.setAddress), (false, USBRequest.setInterface), (false, USBRequest.clearFeature),
            (false, USBRequest.setFeature):
            return []
        default:
            return nil
        }
    }

    private func descriptor(type: UInt8, index: Int) -> [UInt8]? {
        switch type {
        case USBDescriptorType.device: identity.descriptors.device.encoded()
        case USBDescriptorType.configuration where index == 0: identity.configuration
        case USBDescriptorType.deviceQualifier: identity.descriptors.device.encodedQualifier()
        case USBDescriptorType.string where index == 0: USBStringDescriptor.languages
        case USBDescriptorType.string where (1...identity.strings.count).contains(index):
            USBStringDescriptor.encoded(identity.strings[index - 1])
        default: nil
        }
    }

    /// Both sides begin with a new message.
    private mutating func begin(anewOn address: UInt8) {
        halted.remove(address)
        if address == identity.messagesOut { reassembler.reset() }
        if address == identity.messagesIn { messages = [] }
    }
}
