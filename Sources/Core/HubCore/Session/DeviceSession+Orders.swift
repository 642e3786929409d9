import CBORCoding
import CORProtocol
import SMPProtocol

// What people order: claim, release, identify, self-test. One at a time, between two requests of the session's own.
extension DeviceSession {
    /// Orders that may wait for the device.
    static let orderCountMax = 8

    /// What is under way for the order at the head of the queue.
    enum OrderStep {
        case claiming
        /// The claim's answer was lost: the device is asked what it made of it.
        case checkingClaim
        /// The device waits for its button; it is asked again when it tells of a change, or by this timer.
        case awaitingButton(timer: UInt64, until: UInt64)
        case readingClaim(until: UInt64)
        /// The person gave up: the device is told.
        case unclaiming
        case identifying
        case testing
        /// A step of a firmware update has the link.
        case lent
    }

    enum AfterNoting {
        case settle
        case finish(DeviceOrderResult)
        case release
    }

    mutating func ordered(_ id: DeviceOrderID, _ order: DeviceOrder, at now: TimeBlock) -> [SessionEffect] {
        guard orders.count < Self.orderCountMax else { return [.report(id, .failed(.tooMany))] }
        orders.append((id, order))
        guard orders.count == 1 else { return [] }
        switch state {
        case .owning(let peer, .unclaimed), .connected(let peer, .waiting): return settle(peer, at: now)
        default: return []  // Its turn comes when the request that is out has been answered.
        }
    }

    /// The person takes an order back. What the device was asked to do in the meantime is undone where that is possible.
    mutating func withdrawn(_ id: DeviceOrderID) -> [SessionEffect] {
        guard let index = orders.firstIndex(where: { $0.id == id }) else { return [] }
        if index > 0 || !isOrdering {
            orders.remove(at: index)
            return [.report(id, .failed(.withdrawn))]
        }
        isWithdrawn = true
        if case .owning(let peer, .ordered(.awaitingButton)) = state { return unclaim(peer) }
        if case .owning(_, .ordered(.lent)) = state { return [.recallLink] }
        return []  // Looked at when the device has answered.
    }

    private var isOrdering: Bool {
        switch state {
        case .owning(_, .ordered), .owning(_, .noting), .owning(_, .releasing): true
        default: false
        }
    }

    mutating func begin(
        _ order: (id: DeviceOrderID, order: DeviceOrder), _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        isWithdrawn = false
        switch order.order {
        case .claim:
            guard !peer.isOurs else { return finish(.done(.claimed), peer, at: now) }
            state = .owning(peer, .ordered(.claiming))
            return [change(.claim)]
        case .release:
            guard peer.isOurs else { return finish(.failed(.notOwner), peer, at: now) }
            state = .owning(peer, .noting(.leaving, then: .release))
            return note(.leaving, peer, detail: "ordered by a local user", at: now)
        case .identify(let seconds):
            state = .owning(peer, .ordered(.identifying))
            return [.request(.write, .identify, payload: IdentifyRequest(seconds: seconds).encoded())]
        case .selfTest:
            state = .owning(peer, .ordered(.testing))
            return [
                .requestOnce(
                    .write, .selfTest, payload: EmptyMessage().encoded(), within: configuration.limits.selfTestTime)
            ]
        case .firmware(let step):
            // Ownership binds hubs: firmware-specs/device-behaviour.md, section 5.
            guard peer.isOurs || configuration.unclaimed == .use else {
                return finish(.failed(.notOwner), peer, at: now)
            }
            state = .owning(peer, .ordered(.lent))
            return [.lend(order.id, step)]
        }
    }

    private func change(_ operation: OwnerOperation) -> SessionEffect {
        .request(
            .write, .owner, payload: OwnerChangeRequest(operation: operation, hub: configuration.hub).encoded())
    }

    /// - Parameter id: of the order; nil where an earlier one is made good.
    mutating func release(_ peer: SessionPeer, for id: DeviceOrderID?) -> [SessionEffect] {
        state = .owning(peer, .releasing(for: id))
        return [change(.release)]
    }

    private mutating func unclaim(_ peer: SessionPeer) -> [SessionEffect] {
        state = .owning(peer, .ordered(.unclaiming))
        return [change(.release)]
    }

    mutating func orderAnswered(
        _ payload: [UInt8], step: OrderStep, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        switch step {
        case .claiming, .checkingClaim:
            let until = now.boottimeNanoseconds + UInt64(configuration.limits.buttonTime / .nanoseconds(1))
            return claimAnswered(payload, peer, until: until, isNew: true, at: now)
        case .readingClaim(let until):
            return claimAnswered(payload, peer, until: until, isNew: false, at: now)
        case .unclaiming:
            return finish(.failed(isWithdrawn ? .withdrawn : .notConfirmed), peer, at: now)
        case .identifying:
            return finish(.done(.identified), peer, at: now)
        case .testing:
            guard let response = decoded(SelfTestResponse.self, payload) else {
                return refuse(.malformedAnswer(command: CORCommand.selfTest.rawValue), at: now)
            }
            return finish(.done(.tested(passed: response.passed)), peer, at: now)
        case .awaitingButton, .lent:
            return []  // No request is outstanding: a repeated answer.
        }
    }

    private mutating func claimAnswered(
        _ payload: [UInt8], _ peer: SessionPeer, until: UInt64, isNew: Bool, at now: TimeBlock
    ) -> [SessionEffect] {
        guard let response = decoded(OwnerResponse.self, payload) else {
            return refuse(.malformedAnswer(command: CORCommand.owner.rawValue), at: now)
        }
        var peer = peer
        switch (response.state, response.owner) {
        case (.owned, configuration.hub):
            peer.isOurs = true
            state = .owning(peer, .noting(.claimed, then: .finish(.claimed)))
            return note(.claimed, peer, detail: "its button was pressed", at: now)
        case (.owned, _):
            return finish(.failed(.ownedByAnother), peer, at: now)
        case (.awaitingButton, configuration.hub):
            guard !isWithdrawn, now.boottimeNanoseconds < until else { return unclaim(peer) }
            timerCount += 1
            state = .owning(peer, .ordered(.awaitingButton(timer: timerCount, until: until)))
            let timer = SessionEffect.startTimer(id: timerCount, after: configuration.limits.buttonPollInterval)
            guard isNew, let order = orders.first else { return [timer] }
            return [.report(order.id, .awaitsButton(configuration.limits.buttonTime)), timer]
        case (.awaitingButton, _):
            return finish(.failed(.busy), peer, at: now)
        case (.free, _):
            return finish(.failed(isWithdrawn ? .withdrawn : .notConfirmed), peer, at: now)
        }
    }

    mutating func readClaim(_ peer: SessionPeer, until: UInt64) -> [SessionEffect] {
        state = .owning(peer, .ordered(.readingClaim(until: until)))
        return [.request(.read, .owner, payload: EmptyMessage().encoded())]
    }

    mutating func orderRefused(
        _ code: Int64, isOfProfile: Bool, step: OrderStep, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        switch step {
        case .unclaiming: finish(.failed(isWithdrawn ? .withdrawn : .notConfirmed), peer, at: now)
        case .claiming, .checkingClaim, .readingClaim, .identifying, .testing:
            finish(.failed(isOfProfile ? DeviceOrderFailure(code) : .refusedByDevice(code: code)), peer, at: now)
        case .awaitingButton, .lent: []
        }
    }

    /// The link is back.
    mutating func stepEnded(
        _ result: Result<FirmwareStepResult, FirmwareStepFailure>, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        switch result {
        case .success(.restarting):
            guard !orders.isEmpty else { return end(.restarted) }
            return [.report(orders.removeFirst().id, .done(.firmware(.restarting)))] + end(.restarted)
        case .success(let found):
            return finish(isWithdrawn ? .failed(.withdrawn) : .done(.firmware(found)), peer, at: now)
        case .failure(.unanswered) where !isWithdrawn:
            guard !orders.isEmpty else { return end(.silent) }
            return [.report(orders.removeFirst().id, .failed(.firmware(.unanswered)))] + end(.silent)
        case .failure(let failure):
            return finish(.failed(isWithdrawn ? .withdrawn : .firmware(failure)), peer, at: now)
        }
    }

    /// The device is nobody's, and has forgotten the hub.
    mutating func released(
        _ payload: [UInt8], for id: DeviceOrderID?, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        guard let response = decoded(OwnerResponse.self, payload), response.state != .owned else {
            return refuse(.malformedAnswer(command: CORCommand.owner.rawValue), at: now)
        }
        return noteRelease(for: id, peer, at: now)
    }

    mutating func noteRelease(for id: DeviceOrderID?, _ peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        var peer = peer
        peer.isOurs = false
        state = .owning(peer, .noting(.left, then: id == nil ? .settle : .finish(.released)))
        return note(.left, peer, detail: "let go", at: now)
    }

    mutating func finish(_ news: DeviceOrderNews, _ peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        isWithdrawn = false
        guard !orders.isEmpty else { return settle(peer, at: now) }
        let order = orders.removeFirst()
        return [.report(order.id, news)] + settle(peer, at: now)
    }

    /// What waits when the session ends comes to nothing.
    mutating func failOrders(_ failure: DeviceOrderFailure) -> [SessionEffect] {
        defer { orders = [] }
        return orders.map { .report($0.id, .failed(failure)) }
    }
}

extension DeviceOrderFailure {
    /// What the device answered, in the codes of group 64.
    fileprivate init(_ code: Int64) {
        switch UInt16(exactly: code).flatMap(CORReturnCode.init(rawValue:)) {
        case .notOwner: self = .notOwner
        case .ownedByAnother: self = .ownedByAnother
        case .busy: self = .busy
        default: self = .refusedByDevice(code: code)
        }
    }
}

extension DeviceOrderFailure {
    init(_ end: SessionEnd) {
        switch end {
        case .linkGone, .restarted, .superseded: self = .linkLost
        case .silent: self = .silent
        case .storageRefused: self = .notKept
        case .refused(.ownedByAnother): self = .ownedByAnother
        case .refused(let refusal): self = .deviceRefused(refusal)
        }
    }
}
