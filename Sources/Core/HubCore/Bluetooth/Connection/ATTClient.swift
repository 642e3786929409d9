package import BluetoothProtocol

/// Finds the SMP characteristic of a device, subscribes to it, and carries messages over it.
///
/// One request is outstanding at a time (Core Specification, volume 3, part F, §3.3.2). What the device asks in turn is
/// answered with "not supported", but for its MTU.
package struct ATTClient: Sendable {
    package enum Event: Sendable, Equatable {
        case began
        case received(pdu: [UInt8])
        case submitted(message: [UInt8])
        case timerFired(UInt64)
    }

    package enum Effect: Sendable, Equatable {
        case write(pdu: [UInt8])
        case startTimer(UInt64, after: Duration)
        /// Messages can be sent and come.
        case ready(mtu: UInt16)
        case deliver(message: [UInt8])
        case fail(ATTClientFault)
    }

    struct Characteristic: Equatable {
        var valueHandle: UInt16
        /// Its descriptors are in here.
        var descriptors: ClosedRange<UInt16>
    }

    enum State: Equatable {
        case idle
        case exchangingMTU
        case findingService
        case findingCharacteristic(in: ClosedRange<UInt16>)
        /// The next declaration ends the descriptors of the one that was found.
        case findingEnd(of: UInt16, in: ClosedRange<UInt16>)
        case findingSubscription(Characteristic)
        case subscribing(Characteristic)
        case ready(valueHandle: UInt16)
        case failed
    }

    package static let requestCountMax = 64
    /// The specification allows 30 s; a device in the room needs milliseconds.
    static let requestTimeout: Duration = .seconds(10)
    /// A message whose next part does not come within once to twice this has lost it: longer than a radio stalls, and
    /// shorter than the wait before a request is repeated, whose answer must not be put behind the old one.
    static let fragmentTimeout: Duration = .milliseconds(500)
    private static let primaryService: UInt16 = 0x2800
    private static let characteristicDeclaration: UInt16 = 0x2803
    private static let subscription = BluetoothUUID.short(0x2902)
    private static let notifications: [UInt8] = [1, 0]
    /// Of a declaration: write without response, notify.
    private static let propertiesNeeded: UInt8 = 0x04 | 0x10

    private let service: BluetoothUUID
    private let characteristic: BluetoothUUID
    private var state = State.idle
    private var reassembly: SMPReassembly
    package private(set) var mtu = ATTLimits.mtuMin
    private var requestCount = 0
    private var timerCount: UInt64 = 0
    private var requestTimer: UInt64?
    private var fragmentTimer: UInt64?
    private var fragmentCount: UInt64 = 0
    private var fragmentCountAtTimer: UInt64 = 0
    /// PDUs that made no sense, and messages that lost a part.
    package private(set) var droppedCount: UInt64 = 0

    package init(service: BluetoothUUID, characteristic: BluetoothUUID) {
        self.service = service
        self.characteristic = characteristic
        reassembly = SMPReassembly()
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .began:
            guard state == .idle else { return [] }
            return request(.exchangeMTURequest(mtu: ATTLimits.mtuMax), .exchangingMTU)
        case .received(let bytes):
            return received(bytes)
        case .submitted(let message):
            return send(message)
        case .timerFired(let timer):
            return fire(timer)
        }
    }

    private mutating func send(_ message: [UInt8]) -> [Effect] {
        guard case .ready(let handle) = state else { return [] }
        let step = Int(mtu) - ATTLimits.valueHeaderLength
        return stride(from: 0, to: message.count, by: step).map { start in
            let value = Array(message[start..<min(start + step, message.count)])
            return .write(pdu: ATTPDU.writeCommand(handle: handle, value: value).encoded())
        }
    }

    private mutating func fire(_ timer: UInt64) -> [Effect] {
        if timer == requestTimer { return fail(.timedOut) }
        guard timer == fragmentTimer else { return [] }
        fragmentTimer = nil
        guard reassembly.isAwaitingMore else { return [] }
        guard fragmentCount == fragmentCountAtTimer else { return startFragmentTimer() }
        if reassembly.forget() { droppedCount &+= 1 }
        return []
    }

    private mutating func request(_ pdu: ATTPDU, _ next: State) -> [Effect] {
        requestCount += 1
        guard requestCount <= Self.requestCountMax else { return fail(.tooManyRequests(max: Self.requestCountMax)) }
        state = next
        timerCount += 1
        requestTimer = timerCount
        return [.write(pdu: pdu.encoded()), .startTimer(timerCount, after: Self.requestTimeout)]
    }

    private mutating func fail(_ fault: ATTClientFault) -> [Effect] {
        state = .failed
        requestTimer = nil
        return [.fail(fault)]
    }

    private mutating func received(_ bytes: [UInt8]) -> [Effect] {
        guard state != .failed, state != .idle else { return [] }
        let pdu: ATTPDU
        do throws(BluetoothError) {
            pdu = try ATTPDU(decoding: bytes)
        } catch {
            // In a search it would be waited for in vain; on an open link it is a lost message.
            guard case .ready = state else { return fail(.malformed(error)) }
            droppedCount &+= 1
            return []
        }
        return take(pdu)
    }

    private mutating func take(_ pdu: ATTPDU) -> [Effect] {
        switch (state, pdu) {
        case (.ready(let expected), .notification(let handle, let value)) where handle == expected:
            return append(value)
        case (.ready(let expected), .indication(let handle, let value)) where handle == expected:
            return [.write(pdu: ATTPDU.confirmation.encoded())] + append(value)
        case (_, .indication):
            return [.write(pdu: ATTPDU.confirmation.encoded())]
        case (_, .exchangeMTURequest):
            return [.write(pdu: ATTPDU.exchangeMTUResponse(mtu: ATTLimits.mtuMax).encoded())]
        case (_, .findInformationRequest), (_, .findByTypeValueRequest), (_, .readByTypeRequest), (_, .readRequest),
            (_, .readByGroupTypeRequest), (_, .writeRequest), (_, .unservedRequest):
            let refusal = ATTPDU.errorResponse(requestOpcode: pdu.opcode, handle: 0, code: .requestNotSupported)
            return [.write(pdu: refusal.encoded())]
        case (.exchangingMTU, .exchangeMTUResponse), (.exchangingMTU, .errorResponse),
            (.findingService, .findByTypeValueResponse), (.findingService, .errorResponse),
            (.findingCharacteristic, .readByTypeResponse), (.findingCharacteristic, .errorResponse),
            (.findingEnd, .readByTypeResponse), (.findingEnd, .errorResponse),
            (.findingSubscription, .findInformationResponse), (.findingSubscription, .errorResponse),
            (.subscribing, .writeResponse), (.subscribing, .errorResponse):
            requestTimer = nil
            return answered(pdu)
        case (_, .notification), (_, .writeCommand), (_, .confirmation), (_, .ignored), (_, .errorResponse),
            (_, .exchangeMTUResponse), (_, .findInformationResponse), (_, .findByTypeValueResponse),
            (_, .readByTypeResponse), (_, .readResponse), (_, .readByGroupTypeResponse), (_, .writeResponse):
            droppedCount &+= 1  // Nobody asked.
            return []
        }
    }

    private mutating func append(_ value: [UInt8]) -> [Effect] {
        let isFull = value.count == Int(mtu) - ATTLimits.valueHeaderLength
        let (messages, isWhole) = reassembly.append(value, isLast: !isFull)
        if !isWhole { droppedCount &+= 1 }
        var effects = messages.map { Effect.deliver(message: $0) }
        fragmentCount &+= 1
        if reassembly.isAwaitingMore, fragmentTimer == nil { effects += startFragmentTimer() }
        return effects
    }

    /// One timer for many parts: it looks whether any came, so that a fast transfer does not start one a part.
    private mutating func startFragmentTimer() -> [Effect] {
        timerCount += 1
        fragmentTimer = timerCount
        fragmentCountAtTimer = fragmentCount
        return [.startTimer(timerCount, after: Self.fragmentTimeout)]
    }

    // MARK: - Discovery

    private mutating func answered(_ pdu: ATTPDU) -> [Effect] {
        switch (state, pdu) {
        case (.exchangingMTU, .exchangeMTUResponse(let theirs)):
            guard theirs >= ATTLimits.mtuMin else { return fail(.mtuTooSmall(theirs)) }
            mtu = min(theirs, ATTLimits.mtuMax)
            return findService()
        case (.exchangingMTU, .errorResponse(_, _, .requestNotSupported)):
            return findService()  // Both stay with 23.
        case (.findingService, .findByTypeValueResponse(let ranges)):
            guard let range = ranges.first else { return fail(.serviceMissing) }
            return findDeclarations(in: range, .findingCharacteristic(in: range))
        case (.findingService, .errorResponse(_, _, .attributeNotFound)):
            return fail(.serviceMissing)
        case (.findingCharacteristic(let range), .readByTypeResponse(let declarations)):
            return foundDeclarations(declarations, in: range)
        case (.findingCharacteristic, .errorResponse(_, _, .attributeNotFound)):
            return fail(.characteristicUnfit)
        case (.findingEnd(let handle, let range), .readByTypeResponse(let declarations)):
            guard let next = declarations.first?.handle, range.contains(next) else { return fail(.notAdvancing) }
            return findSubscription(of: handle, through: next - 1)
        case (.findingEnd(let handle, let range), .errorResponse(_, _, .attributeNotFound)):
            return findSubscription(of: handle, through: range.upperBound)
        case (.findingSubscription(let characteristic), .findInformationResponse(let elements)):
            return foundDescriptors(elements, of: characteristic)
        case (.findingSubscription, .errorResponse(_, _, .attributeNotFound)):
            return fail(.subscriptionMissing)
        case (.subscribing(let characteristic), .writeResponse):
            state = .ready(valueHandle: characteristic.valueHandle)
            return [.ready(mtu: mtu)]
        case (_, .errorResponse(let opcode, _, let code)):
            return fail(.refused(requestOpcode: opcode, code))
        default:
            return fail(.notAdvancing)  // `take` lets nothing else through.
        }
    }

    private mutating func findService() -> [Effect] {
        request(
            .findByTypeValueRequest(
                handles: 1...UInt16.max, type: Self.primaryService, value: service.wireBytes),
            .findingService)
    }

    private mutating func findDeclarations(in range: ClosedRange<UInt16>, _ next: State) -> [Effect] {
        request(.readByTypeRequest(handles: range, type: .short(Self.characteristicDeclaration)), next)
    }

    /// A declaration's value: properties, the value's handle, the characteristic's UUID (part G, §3.3.1).
    private mutating func foundDeclarations(
        _ declarations: [ATTPDU.HandleAndValue], in range: ClosedRange<UInt16>
    ) -> [Effect] {
        for (position, declaration) in declarations.enumerated() {
            guard range.contains(declaration.handle) else { return fail(.notAdvancing) }
            guard declaration.value.count > 3,
                BluetoothUUID(wireBytes: Array(declaration.value.dropFirst(3))) == characteristic
            else { continue }
            let valueHandle = UInt16(declaration.value[1]) | UInt16(declaration.value[2]) << 8
            guard declaration.value[0] & Self.propertiesNeeded == Self.propertiesNeeded, range.contains(valueHandle),
                valueHandle > declaration.handle
            else { return fail(.characteristicUnfit) }
            if position + 1 < declarations.count {
                let next = declarations[position + 1].handle
                guard next > valueHandle, range.contains(next) else { return fail(.notAdvancing) }
                return findSubscription(of: valueHandle, through: next - 1)
            }
            guard valueHandle < range.upperBound else { return fail(.subscriptionMissing) }
            let behind = valueHandle + 1...range.upperBound
            return findDeclarations(in: behind, .findingEnd(of: valueHandle, in: behind))
        }
        guard let last = declarations.last?.handle, last < range.upperBound else { return fail(.characteristicUnfit) }
        let rest = last + 1...range.upperBound
        return findDeclarations(in: rest, .findingCharacteristic(in: rest))
    }

    private mutating func findSubscription(of valueHandle: UInt16, through last: UInt16) -> [Effect] {
        guard valueHandle < last else { return fail(.subscriptionMissing) }
        let descriptors = valueHandle + 1...last
        return request(
            .findInformationRequest(handles: descriptors),
            .findingSubscription(Characteristic(valueHandle: valueHandle, descriptors: descriptors)))
    }

    private mutating func foundDescriptors(
        _ elements: [ATTPDU.HandleAndType], of characteristic: Characteristic
    ) -> [Effect] {
        guard elements.allSatisfy({ characteristic.descriptors.contains($0.handle) }) else {
            return fail(.notAdvancing)
        }
        if let found = elements.first(where: { $0.type == Self.subscription }) {
            return request(
                .writeRequest(handle: found.handle, value: Self.notifications), .subscribing(characteristic))
        }
        guard let last = elements.last?.handle, last < characteristic.descriptors.upperBound else {
            return fail(.subscriptionMissing)
        }
        let rest = last + 1...characteristic.descriptors.upperBound
        return request(
            .findInformationRequest(handles: rest),
            .findingSubscription(Characteristic(valueHandle: characteristic.valueHandle, descriptors: rest)))
    }
}
