import CORProtocol
import HubCore
import HubStore
import JSONCoding

/// Leads each question to its answer. docs/control-api.md lists them.
struct ControlRouter: Sendable {
    let context: ControlContext

    func answer(_ request: ControlRequest, to caller: ControlCaller) async -> ControlAnswer {
        guard caller.may(request.method != "GET") else {
            await noteRefusal(of: request, to: caller)
            return .failure(.permissionDenied)
        }
        return await answer(request)
    }

    private func answer(_ request: ControlRequest) async -> ControlAnswer {
        if request.path == ["metrics"] {
            return await metricsAnswer(method: request.method, target: "/metrics")
        }
        guard request.path.first == "v1" else { return .failure(.notFound("this path")) }
        let path = Array(request.path.dropFirst())
        do throws(ControlRefusal) {
            switch (request.method, path.first ?? "", path.count) {
            case ("GET", "status", 1): return .json(try await status())
            case ("GET", "devices", 1): return .json(try await devices())
            case ("GET", "devices", 2): return .json(try await device(path[1]))
            case ("POST", "devices", 3) where path[2] == "assign":
                return .json(try await assignDevice(path[1], request))
            case ("POST", "devices", 3): return try await deviceOrder(path[2], of: path[1], request)
            case ("GET", "candidates", 1): return .json(try await candidates())
            case ("GET", "readings", 1): return .json(try await readings(request))
            case ("GET", "readings", 2) where path[1] == "erasure": return .json(try await erasable(request))
            case ("POST", "readings", 2) where path[1] == "erasure": return .json(try await erase(request))
            case ("GET", "readings", 2): return .json(try await reading(path[1]))
            case ("GET", "readings", 3) where path[2] == "trace": return .json(try await trace(path[1]))
            case ("GET", "readings", 3) where path[2] == "record": return try await recordBytes(path[1])
            case ("POST", "readings", 2) where path[1] == "analyze": return .json(try await analyzeAll())
            case ("POST", "readings", 3) where path[2] == "analyze": return .json(try await analyze(path[1]))
            case ("POST", "readings", 3) where path[2] == "assign":
                return .json(try await assignReading(path[1], request))
            case ("GET", "model", 1): return .json(await model())
            case ("POST", "model", 1): return .json(try await installModel(request.body))
            case ("POST", "model", 2) where path[1] == "rollback": return .json(try await rollBackModel())
            case ("GET", "buffer", 1): return .json(try await buffer())
            case ("POST", "buffer", 2) where path[1] == "flush":
                context.forwarding(.flushRequested)
                return .json(try await buffer())
            case ("POST", "buffer", 2) where path[1] == "requeue": return .json(try await requeue(request))
            case ("POST", "buffer", 2) where path[1] == "new-epoch": return .json(try await renewEpoch())
            case ("POST", "buffer", 2) where path[1] == "verify": return .lines(verification())
            case ("GET", "batches", 1): return .json(try await batches(request))
            case ("GET", "batches", 3): return try await batch(path[1], path[2])
            case ("GET", "receipts", 3): return try await receipt(path[1], path[2])
            case ("GET", "anchors", 1): return .json(anchors())
            case ("GET", "audit", 1): return .json(try await audit(request))
            case ("GET", "audit", 2) where path[1] == "entries": return try await auditEntries(request)
            case ("POST", "pairings", 1): return try pairing(request)
            case ("POST", "pairings", 2) where path[1] == "answer": return .json(try answerPairing(request))
            case ("POST", "pairings", 2) where path[1] == "forget": return .json(try await unpairing(request))
            case ("GET", "enrolment", 1): return .json(enrolment())
            case ("POST", "enrolment", 2) where path[1] == "renew":
                return .json(try await renewCertificates(request))
            case ("GET", "releases", 1): return .json(releases())
            case ("POST", "releases", 2) where path[1] == "check": return .json(try await checkReleases(request))
            case ("GET", "rollouts", 1): return .json(rollouts())
            case (_, "firmware", 1...3): return .json(try await firmware(Array(path.dropFirst()), request))
            case ("GET", "monitor", 1): return try monitor()
            case ("GET", _, _), ("POST", _, _): throw ControlRefusal(.notFound("this path"))
            default:
                throw ControlRefusal(
                    ControlFailure(
                        status: 405, code: "method-not-allowed", message: "\(request.method) is not used here"))
            }
        } catch {
            return .failure(error.failure)
        }
    }

    /// Once a minute for each user: who asks without end must not fill the trail.
    private func noteRefusal(of request: ControlRequest, to caller: ControlCaller) async {
        let now = context.services.clock.now()
        let uptime = Duration.nanoseconds(Int64(clamping: now.boottimeNanoseconds))
        guard context.refusals.isNew(caller.user, at: uptime) else { return }
        let what = "\(request.method) /\(request.path.joined(separator: "/"))".clipped(toLength: 128)
        try? await context.services.records.append(
            AuditDraft(
                .permissionRefused, actor: AuditActor(component: "control", userID: UInt64(caller.user)),
                subject: "control socket", outcome: .refused, time: now, detail: what))
    }

    /// What a person asks of one device.
    private func deviceOrder(
        _ order: String, of serial: String, _ request: ControlRequest
    ) async throws(ControlRefusal) -> ControlAnswer {
        switch order {
        case "register": return try await register(serial, request)
        case "release": return try await release(serial, request)
        case "forget": return .json(try await forgetDevice(serial))
        case "identify": return .json(try await identify(serial, request))
        case "self-test": return .json(try await selfTest(serial))
        case "rename": return .json(try await rename(serial, request))
        default: throw ControlRefusal(.notFound("this path"))
        }
    }

    /// Bytes of a request's body, at most: only models and images are long.
    static func bodyLengthMax(method: String, target: String) -> Int {
        guard method == "POST" else { return 65_536 }
        if target == "/v1/model" { return CORLimits.signedModelLengthMax }
        return target.hasPrefix("/v1/firmware/install?") ? FirmwareOffer.Target.lengthMax : 65_536
    }

    /// Reads the store; what fails is said as a failure of the request.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreFault) -> Value
    ) async throws(ControlRefusal) -> Value {
        do {
            return try await context.store.read(body)
        } catch {
            throw ControlRefusal(.storage(error.explanation))
        }
    }
}

/// A failure on its way out of a route.
struct ControlRefusal: Error {
    let failure: ControlFailure

    init(_ failure: ControlFailure) {
        self.failure = failure
    }
}
