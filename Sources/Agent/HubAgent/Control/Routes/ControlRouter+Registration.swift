import CORProtocol
import DeviceLinks
import HubCore
import HubStore
import JSONCoding
import Synchronization

// A local user makes a device this hub's, lets it go, and asks it to show itself.
extension ControlRouter {
    /// The upstream is awaited for so long behind a claim or a release; it is told all the same, later.
    private static let upstreamWait = Duration.seconds(10)
    private static let identifySeconds = 1...60

    /// Devices within reach, with what stands between each and its use.
    func candidates() async throws(ControlRefusal) -> JSONValue {
        let rows = try await read { (reader) throws(StoreFault) in
            (try reader.registrations(), try reader.devices().map { ($0.serial, $0.alias) })
        }
        let registrations = Dictionary(uniqueKeysWithValues: rows.0.map { ($0.serial, $0.state) })
        let aliases = Dictionary(uniqueKeysWithValues: rows.1)
        let strangers = await context.bluetooth.strangers()
        let connections = context.services.board.connections.filter { connection in
            // A device that is used over a better link stands there already.
            if case .hidden = connection.state { false } else { true }
        }
        return [
            "schema": "corhub/candidates/1",
            "candidates": .array(
                connections.map { connection in
                    let registration = connection.serial.flatMap { registrations[$0] }
                    let alias = connection.serial.flatMap { aliases[$0] ?? nil }
                    return [
                        "address": .string(connection.address), "link": .string(connection.link.rawValue),
                        "serial": .text(connection.serial?.text), "name": .text(alias),
                        "signal_dbm": .count(connection.signalStrength), "state": .string(connection.state.code),
                        "reason": .text(connection.state.explanation),
                        "registration": .text(registration.map { "\($0)" }),
                    ]
                }
                    + strangers.map { stranger in
                        [
                            "address": .string(stranger.address), "link": .string(stranger.kind.rawValue),
                            "serial": .null, "name": .text(stranger.name),
                            "signal_dbm": .count(stranger.signalStrength), "state": "unpaired", "reason": .null,
                            "registration": .null,
                        ]
                    }),
            "discovery": .array(context.services.board.discoveries.map(\.json)),
        ]
    }

    /// `button`, `claimed`, and how it ended, one a line. Whoever leaves before `claimed` gives up.
    func register(_ text: String, _ request: ControlRequest) async throws(ControlRefusal) -> ControlAnswer {
        let serial = try await deviceSerial(text)
        context.registrar(.retryRequested(serial))
        return try await changeOwner(.claim, of: serial, for: request.user)
    }

    /// The same for letting it go: `released`, and how it ended.
    func release(_ text: String, _ request: ControlRequest) async throws(ControlRefusal) -> ControlAnswer {
        try await changeOwner(.release, of: try await deviceSerial(text), for: request.user)
    }

    private func changeOwner(
        _ order: DeviceOrder, of serial: DeviceSerial, for user: UInt32?
    ) async throws(ControlRefusal)
        -> ControlAnswer
    {
        guard let changes = context.services.events.watch() else {
            throw ControlRefusal(.tooManyWatchers)
        }
        let (stream, continuation) = AsyncStream.makeStream(of: JSONValue.self)
        let (news, teller) = AsyncStream.makeStream(of: DeviceOrderNews.self)
        await note(order, of: serial, for: user)
        let withdraw = context.services.desk.submit(order, to: serial) { teller.yield($0) }
        // It ends by itself, and notes what came of an order whose asker has left.
        Task { [self] in
            for await step in news {
                switch step {
                case .awaitsButton(let time):
                    continuation.yield(["event": "button", "seconds": .integer(time.components.seconds)])
                case .uploaded: continue
                case .failed(let failure):
                    await note(order, of: serial, for: user, failed: failure)
                    continuation.yield(
                        [
                            "event": "refused", "code": .string(failure.code),
                            "message": .string(failure.explanation),
                        ])
                    return continuation.finish()
                case .done:
                    continuation.yield(["event": order == .claim ? "claimed" : "released"])
                    await awaitUpstream(serial, changes)
                    let last = await registered(serial)
                    continuation.yield(last)
                    return continuation.finish()
                }
            }
        }
        continuation.onTermination = { reason in
            guard case .cancelled = reason else { return }
            withdraw()
        }
        return .lines(stream)
    }

    /// Each attempt, and what was in its way, with the local user who made it. What came of it is the session's to note.
    private func note(
        _ order: DeviceOrder, of serial: DeviceSerial, for user: UInt32?, failed failure: DeviceOrderFailure? = nil
    ) async {
        let what = order == .claim ? "claim" : "release"
        try? await context.services.records.append(
            AuditDraft(
                .registration, actor: AuditActor(component: "control", userID: user.map(UInt64.init)),
                subject: serial.text, outcome: failure == nil ? .accepted : .failed, time: context.services.clock.now(),
                detail: failure.map { "\(what): \($0.code)" } ?? "\(what) ordered"))
    }

    /// Returns when the upstream has agreed, has refused or cannot be reached, or when the time is over.
    private func awaitUpstream(_ serial: DeviceSerial, _ changes: AsyncStream<MonitorEvent>) async {
        if await state(of: serial)?.isSettled ?? true { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await case .registrationChanged(serial, let state, let reason) in changes {
                    if reason != nil || state?.isSettled ?? false { return }
                }
            }
            group.addTask { try? await Task.sleep(for: Self.upstreamWait) }
            await group.next()
            group.cancelAll()
        }
    }

    private func state(of serial: DeviceSerial) async -> DeviceRegistration.State? {
        let registration = try? await read { (reader) throws(StoreFault) in try reader.registration(of: serial) }
        return registration?.state
    }

    private func registered(_ serial: DeviceSerial) async -> JSONValue {
        [
            "schema": "corhub/registration/1", "event": "ended", "device": .string(serial.text),
            "state": .text(await state(of: serial).map { "\($0)" }),
            "waits_for": .text(context.services.board.registrationWaits(serial)),
        ]
    }

    /// For a device that is not there: what the hub has of owning it goes, and the upstream is told. On the device itself
    /// only its button, held for 10 seconds, does the same.
    func forgetDevice(_ text: String) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(text)
        let now = context.services.clock.now()
        let left = try await write { (transaction) throws(StoreFault) -> DeviceRegistration? in
            guard var registration = try transaction.registration(of: serial), registration.state.isOurs else {
                return nil
            }
            registration.state = .left
            registration.changed = now
            try transaction.keep(registration)
            try transaction.append(
                AuditDraft(
                    .registration, actor: .agent, subject: serial.text, outcome: .done, time: now,
                    detail: "left: forgotten by a local user while the device was away"))
            return registration
        }
        guard let left else {
            throw ControlRefusal(.notFound("a device of this hub with serial number \(serial.text)"))
        }
        context.registrar(.changed(left))
        return await registered(serial)
    }

    func identify(_ text: String, _ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let seconds = request.query["seconds"].map { Int($0) } ?? 10
        guard let seconds, Self.identifySeconds.contains(seconds) else {
            throw ControlRefusal(.badRequest("seconds is 1 to 60"))
        }
        let serial = try await deviceSerial(text)
        _ = try await carryOut(.identify(seconds: seconds), to: serial)
        return ["schema": "corhub/identification/1", "device": .string(serial.text), "seconds": .count(seconds)]
    }

    func selfTest(_ text: String) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(text)
        guard case .tested(let passed) = try await carryOut(.selfTest, to: serial) else {
            throw ControlRefusal(.badRequest("the device answered something else"))
        }
        return ["schema": "corhub/self-test/1", "device": .string(serial.text), "passed": .bool(passed)]
    }

    private func carryOut(
        _ order: DeviceOrder, to serial: DeviceSerial
    ) async throws(ControlRefusal) -> DeviceOrderResult {
        let news = await withCheckedContinuation { continuation in
            _ = context.services.desk.submit(order, to: serial) { continuation.resume(returning: $0) }
        }
        switch news {
        case .done(let result): return result
        case .failed(let failure):
            throw ControlRefusal(
                ControlFailure(
                    status: failure == .notConnected ? 404 : 409, code: failure.code, message: failure.explanation))
        case .awaitsButton, .uploaded:
            preconditionFailure("only a claim waits for the button, only an update sends images")
        }
    }

    /// What the household calls it; null takes the name away.
    func rename(_ text: String, _ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(text)
        let body = try Self.object(request.body, members: ["name"])
        let name: String?
        switch body["name"] {
        case .null?: name = nil
        case .string(let text)? where (1...64).contains(text.utf8.count) && !text.contains(where: \.isNewline):
            name = text
        default: throw ControlRefusal(.badRequest("name is null, or one line of 1 to 64 bytes"))
        }
        if let name,
            let other = try await read({ (reader) throws(StoreFault) in try reader.devices() })
                .first(where: { $0.serial != serial && ($0.alias == name || $0.serial.text == name) })
        {
            throw ControlRefusal(.conflict("name-taken", "\(other.serial.text) is called so"))
        }
        let isKnown = try await write { (transaction) throws(StoreFault) in
            guard var row = try transaction.device(serial) else { return false }
            row.alias = name
            try transaction.upsert(device: row)
            return true
        }
        guard isKnown else { throw ControlRefusal(.notFound("device \(serial.text)")) }
        return ["schema": "corhub/name/1", "device": .string(serial.text), "name": .text(name)]
    }
}

extension DeviceRegistration.State {
    /// Nothing is open with the upstream.
    fileprivate var isSettled: Bool {
        switch self {
        case .registered, .released, .contested: true
        case .claimed, .leaving, .left: false
        }
    }
}
