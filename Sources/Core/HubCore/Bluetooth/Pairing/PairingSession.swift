package import BluetoothProtocol

/// Pairs one device: asks the user, judges the key, and has the bond stored before anybody hears "paired".
///
/// It is begun only inside a window that a local user has opened, and never for a bonded identity (BLERP).
package struct PairingSession: Sendable {
    package enum Event: Sendable, Equatable {
        case began
        case finished(ManagementCommand, Result<[UInt8], ManagementFailure>)
        case told(ManagementEvent)
        case answered(PairingAnswer)
        case persisted(Bool)
        case timerFired(UInt64)
    }

    package enum Effect: Sendable, Equatable {
        case submit(ManagementCommand)
        case ask(PairingQuestion)
        case startTimer(UInt64, after: Duration)
        /// Makes the list with this bond durable; `persisted` follows.
        case persist(BluetoothBond)
        /// What the kernel learnt is wrong or unwanted: it is unpaired, and the whole list is loaded again.
        case undo(BluetoothPeer)
        case end(Result<BluetoothBond, PairingRefusal>)
    }

    private enum State {
        case idle
        case preparing
        case pairing
        /// The kernel says paired; the key's own event may come a moment later.
        case awaitingKey(timer: UInt64)
        case persisting(BluetoothBond)
        case over
    }

    /// How long the key may come after the answer.
    static let keyTimeout: Duration = .seconds(5)
    /// SMP gives up after 30 s, so the user has less.
    static let answerTimeout: Duration = .seconds(28)

    package let peer: BluetoothPeer
    private let bonds: BluetoothBondList
    private var state = State.idle
    private var question: (question: PairingQuestion, timer: UInt64)?
    private var key: (key: LongTermKey, isToBeStored: Bool)?
    private var identityKey: IdentityResolvingKey?
    private var refusal: PairingRefusal?
    private var timerCount: UInt64 = 0

    /// - Parameter bonds: those that are there; none of them is replaced.
    package init(peer: BluetoothPeer, bonds: BluetoothBondList) {
        self.peer = peer
        self.bonds = bonds
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.idle, .began):
            state = .preparing
            return [.submit(.setBondable(true))]

        case (.preparing, .finished(.setBondable(true), .success)):
            state = .pairing
            return [.submit(.pair(peer, .keyboardDisplay))]

        case (.preparing, .finished(.setBondable(true), .failure(let failure))):
            return refuse(.kernelRefused(failure))

        case (.pairing, .finished(.pair, .success)):
            timerCount += 1
            state = .awaitingKey(timer: timerCount)
            return key == nil ? [.startTimer(timerCount, after: Self.keyTimeout)] : judge()

        case (.pairing, .finished(.pair, .failure(let failure))):
            return refuse(refusal ?? .kernelRefused(failure))

        case (.pairing, .told(let event)), (.awaitingKey, .told(let event)):
            return take(event)

        case (.preparing, .answered(.cancel)), (.awaitingKey, .answered(.cancel)):
            return refuse(.cancelled)

        case (.pairing, .answered(let answer)):
            return answered(answer)

        case (.pairing, .timerFired(let timer)) where timer == question?.timer:
            return answered(.cancel)

        case (.awaitingKey(let expected), .timerFired(let timer)) where timer == expected:
            return refuse(.keyMissing)

        case (.persisting(let bond), .persisted(true)):
            state = .over
            return [.submit(.setBondable(false)), .end(.success(bond))]

        case (.persisting, .persisted(false)):
            return refuse(.notStored)

        case (.idle, _), (.preparing, _), (.pairing, _), (.awaitingKey, _), (.persisting, _), (.over, _):
            return []  // Answers to questions that are over, events of other times.
        }
    }

    private mutating func take(_ event: ManagementEvent) -> [Effect] {
        switch event {
        case .confirmationRequested(peer, _, isJustWorks: true):
            refusal = .justWorks
            return [.submit(.denyConfirmation(peer))]
        case .confirmationRequested(peer, let number, isJustWorks: false):
            return ask(.compare(number: number))
        case .passkeyRequested(peer):
            return ask(.enterPasskey)
        case .passkeyNotified(peer, let passkey, enteredCount: 0):
            return [.ask(.show(passkey: passkey))]
        case .newLongTermKey(let key, let isToBeStored):
            guard isOfThisPairing(key.peer) else { return [] }
            self.key = (key, isToBeStored)
            if case .awaitingKey = state { return judge() }
            return []
        case .newIdentityKey(let key, _):
            identityKey = key
            return []
        case .deviceDisconnected(peer, _):
            // Pair Device fails by itself; once it has succeeded, nothing else would.
            if case .awaitingKey = state { return refuse(.disconnected) }
            return []
        default:
            return []
        }
    }

    /// The key is kept under the identity: the address that was asked, or the one that its identity key came with.
    private func isOfThisPairing(_ keyPeer: BluetoothPeer) -> Bool {
        keyPeer == peer || keyPeer == identityKey?.peer
    }

    private mutating func ask(_ question: PairingQuestion) -> [Effect] {
        timerCount += 1
        self.question = (question, timerCount)
        return [.ask(question), .startTimer(timerCount, after: Self.answerTimeout)]
    }

    private mutating func answered(_ answer: PairingAnswer) -> [Effect] {
        let asked = question?.question
        question = nil
        switch (asked, answer) {
        case (.compare, .same):
            return [.submit(.confirm(peer))]
        case (.compare, .different):
            refusal = .numbersDiffer
            return [.submit(.denyConfirmation(peer))]
        case (.enterPasskey, .passkey(let passkey)) where passkey <= ManagementEvent.numberMax:
            return [.submit(.answerPasskey(peer, passkey))]
        case (.compare, _):
            refusal = .cancelled
            return [.submit(.denyConfirmation(peer))]
        case (.enterPasskey, _):
            refusal = .cancelled
            return [.submit(.denyPasskey(peer))]
        case (.show, .cancel), (nil, .cancel):
            refusal = .cancelled
            return [.submit(.cancelPairing(peer))]
        case (.show, _), (nil, _):
            return []
        }
    }

    private mutating func judge() -> [Effect] {
        guard let key else { return refuse(.keyMissing) }
        if let fault = fault(of: key.key, isToBeStored: key.isToBeStored) { return refuse(fault) }
        let matching = identityKey.flatMap { $0.peer == key.key.peer ? $0 : nil }
        let bond = BluetoothBond(longTermKey: key.key, identityKey: matching)
        state = .persisting(bond)
        return [.persist(bond)]
    }

    private func fault(of key: LongTermKey, isToBeStored: Bool) -> PairingRefusal? {
        guard key.kind == .p256Authenticated else { return .keyNotAuthenticated(key.kind) }
        guard key.size == LongTermKey.valueByteCount else { return .keyTooShort(size: key.size) }
        guard isToBeStored else { return .keyNotToBeStored }
        guard key.peer.isIdentity else { return .identityUnknown }
        guard bonds[key.peer] == nil, bonds[key.peer.address] == nil else { return .alreadyBonded }
        return bonds.isFull ? .listFull : nil
    }

    private mutating func refuse(_ refusal: PairingRefusal) -> [Effect] {
        state = .over
        return [.submit(.setBondable(false)), .undo(key?.key.peer ?? peer), .end(.failure(refusal))]
    }
}
