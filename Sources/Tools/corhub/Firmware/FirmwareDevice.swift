import JSONCoding
import UpstreamClient

/// Which device is meant.
enum FirmwareDevice {
    static func choose(_ given: String?, _ client: ControlClient) async throws(CommandProblem) -> String {
        if let given { return given }
        let known = try await client.get("/v1/devices").list("devices").compactMap { $0["serial"]?.stringValue }
        guard let only = known.first else {
            throw CommandProblem(.notFound, code: "no-device", "the hub knows no device yet; see `corhub device list`")
        }
        guard known.count == 1 else {
            throw CommandProblem(
                .usage, code: "device-ambiguous",
                "the hub knows \(known.count) devices; name one with --device: \(known.joined(separator: ", "))")
        }
        return only
    }
}
