import CORProtocol
import Hummingbird
import JSONCoding

extension Routes {
    private static let limitDefault = 100
    private static let limitMax = 1000

    /// What operators read, and the one thing a hub reads of its own.
    var reads: [Endpoint] {
        [
            read("/v1/hubs") { (_, _) throws(APIFailure) in
                .list("hubs", try await hubList())
            },
            read("/v1/hubs/{hub}") { (_, context) throws(APIFailure) in
                try await hub(context.parameter("hub"))
            },
            Endpoint(
                method: .get, path: "/v1/hubs/{hub}/batches/{epoch}/{sequence}", access: .operatorOrOwnHub
            ) { (_, context) throws(APIFailure) in
                try await receipt(context)
            },
            read("/v1/devices") { (_, _) throws(APIFailure) in
                .list(
                    "devices", try await stored { (ledger) async throws(LedgerFailure) in try await ledger.devices() })
            },
            read("/v1/devices/{serial}") { (_, context) throws(APIFailure) in
                try await found { (ledger) async throws(LedgerFailure) in
                    try await ledger.device(context.parameter("serial"))
                }
            },
            read("/v1/readings") { (request, _) throws(APIFailure) in
                let filter = try Self.filter(of: request)
                return .json(
                    try await stored { (ledger) async throws(LedgerFailure) in try await ledger.readings(filter) })
            },
            read("/v1/readings/{record}") { (_, context) throws(APIFailure) in
                guard let id = SHA256Hash(hex: context.parameter("record")) else { throw .notFound }
                return try await found { (ledger) async throws(LedgerFailure) in try await ledger.reading(id) }
            },
            read("/v1/gaps") { (request, _) throws(APIFailure) in
                let filter = try Self.filter(of: request)
                return .list(
                    "gaps", try await stored { (ledger) async throws(LedgerFailure) in try await ledger.gaps(filter) })
            },
            read("/v1/audit") { (request, _) throws(APIFailure) in
                let filter = try Self.filter(of: request)
                return .list(
                    "entries",
                    try await stored { (ledger) async throws(LedgerFailure) in try await ledger.audit(filter) })
            },
            read("/v1/alarms") { (request, _) throws(APIFailure) in
                let filter = try Self.filter(of: request)
                return .list(
                    "alarms",
                    try await stored { (ledger) async throws(LedgerFailure) in try await ledger.alarms(filter) })
            },
        ]
    }

    private func read(
        _ path: String,
        _ answer: @escaping @Sendable (Request, UpstreamRequestContext) async throws(APIFailure) -> Response
    ) -> Endpoint {
        Endpoint(method: .get, path: path, access: .operator, answer: answer)
    }

    private func hubList() async throws(APIFailure) -> [JSONValue] {
        let hubs: [EnrolmentDesk.HubRecord]
        do throws(SQLiteFailure) { hubs = try await desk.hubs() } catch { throw .unavailable }
        var list: [JSONValue] = []
        for hub in hubs {
            let state = try await stored { (ledger) async throws(LedgerFailure) in try await ledger.state(of: hub.hub) }
            list.append(
                [
                    "hub": .string(hub.hub.text), "enrolled_ms": .integer(hub.enrolledMilliseconds),
                    "revoked_ms": hub.revokedMilliseconds.map { .integer($0 as Int64) } ?? .null, "epochs": state,
                ])
        }
        return list
    }

    private func hub(_ name: String) async throws(APIFailure) -> Response {
        guard let hub = try await hubList().first(where: { $0["hub"]?.stringValue == name }) else { throw .notFound }
        return .json(hub)
    }

    private func receipt(_ context: UpstreamRequestContext) async throws(APIFailure) -> Response {
        guard let hub = HubID(context.parameter("hub")), let epoch = Epoch(hex: context.parameter("epoch")),
            let sequence = UInt64(context.parameter("sequence")), sequence <= UInt64(Int64.max)
        else { throw .notFound }
        let receipt = try await stored { (ledger) async throws(LedgerFailure) in
            try await ledger.receipt(hub: hub, epoch: epoch, sequence: sequence)
        }
        guard let receipt else { throw .notFound }
        return .cose(receipt)
    }

    private func found(
        _ body: (LedgerDatabase) async throws(LedgerFailure) -> JSONValue?
    ) async throws(APIFailure) -> Response {
        guard let value = try await stored(body) else { throw .notFound }
        return .json(value)
    }

    private func stored<Value>(
        _ body: (LedgerDatabase) async throws(LedgerFailure) -> Value
    ) async throws(APIFailure) -> Value {
        do throws(LedgerFailure) { return try await body(ledger) } catch { throw APIFailure(error) }
    }

    private static func filter(of request: Request) throws(APIFailure) -> LedgerFilter {
        var filter = LedgerFilter(limit: limitDefault)
        let query = request.uri.queryParameters
        for (name, value) in query {
            let number = Int64(value)
            switch (String(name), number) {
            case ("device", _): filter.serial = String(value)
            case ("hub", _): filter.hub = String(value)
            case ("since", let number?) where number >= 0: filter.sinceMilliseconds = number
            case ("limit", let number?) where (1...Int64(limitMax)).contains(number): filter.limit = Int(number)
            default:
                throw APIFailure(.badRequest, "bad-query", "query parameter \(name) is unknown or out of range")
            }
        }
        return filter
    }
}

extension Response {
    fileprivate static func list(_ name: String, _ items: [JSONValue]) -> Response {
        .json(.object([JSONMember(name: name, value: .array(items))]))
    }
}
