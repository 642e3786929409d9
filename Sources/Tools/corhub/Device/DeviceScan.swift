import CORProtocol
import DeviceLinks
import HubCore
import JSONCoding

/// Looks for devices on several kinds of link for a while.
struct DeviceScan {
    /// What was found in the end.
    struct Result: Sendable {
        struct Found: Sendable {
            var device: DiscoveredDevice
            /// Why it is not worked with; nil where it may be.
            var refusal: String?
        }

        /// By address.
        var found: [String: Found] = [:]
        /// Kinds that were looked on; the reason where that could not be.
        var kinds: [(kind: LinkKind, unavailable: String?)] = []
    }

    /// Devices that are kept; what is found on top is left out.
    static let countMax = 256

    let kinds: [LinkKind]
    let factory: DeviceLinkFactory

    func run(for duration: Duration) async -> Result {
        var result = Result()
        let (events, continuation) = AsyncStream.makeStream(
            of: (LinkKind, DiscoveryEvent).self, bufferingPolicy: .bufferingOldest(4_096))
        var discoveries: [any DeviceDiscovery] = []
        for kind in kinds {
            guard let discovery = factory.discovery(of: kind) else {
                result.kinds.append((kind, "this build cannot look for devices on \(kind.rawValue) links"))
                continue
            }
            result.kinds.append((kind, nil))
            discovery.start { continuation.yield((kind, $0)) }
            discoveries.append(discovery)
        }
        let end = Task {
            // Whether the time is over or the command is ended: what was found is told.
            try? await Task.sleep(for: discoveries.isEmpty ? .zero : duration)
            continuation.finish()
        }
        for await (kind, event) in events {
            result.take(event, on: kind)
        }
        end.cancel()
        discoveries.forEach { $0.close() }
        return result
    }
}

extension DeviceScan.Result {
    mutating func take(_ event: DiscoveryEvent, on kind: LinkKind) {
        switch event {
        case .found(let device):
            keep(device, refusal: nil)
        case .refused(let device, let reason):
            keep(device, refusal: reason)
        case .lost(let address):
            found[address] = nil
        case .unavailable(let reason):
            note(kind, unavailable: reason)
        case .available:
            note(kind, unavailable: nil)
        }
    }

    private mutating func keep(_ device: DiscoveredDevice, refusal: String?) {
        guard found[device.address] != nil || found.count < DeviceScan.countMax else { return }
        found[device.address] = Found(device: device, refusal: refusal)
    }

    private mutating func note(_ kind: LinkKind, unavailable reason: String?) {
        for index in kinds.indices where kinds[index].kind == kind {
            kinds[index].unavailable = reason
        }
    }

    private var ordered: [Found] {
        found.values.sorted { ($0.device.kind.rank, $0.device.address) < ($1.device.kind.rank, $1.device.address) }
    }

    var json: JSONValue {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        return [
            "schema": "corhub/scan/1",
            "devices": .array(
                ordered.map { found in
                    [
                        "link": .string(found.device.kind.rawValue), "address": .string(found.device.address),
                        "device": text(found.device.serial), "name": text(found.device.name),
                        "signal_dbm": found.device.signalStrength.map { .integer(Int64($0)) } ?? .null,
                        "port": text(found.device.portPath), "refused": text(found.refusal),
                    ]
                }),
            "discovery": .array(
                kinds.map { kind, reason in
                    ["link": .string(kind.rawValue), "available": .bool(reason == nil), "reason": text(reason)]
                }),
        ]
    }

    var lines: [String] {
        var table = TextTable(["LINK", "ADDRESS", "SERIAL", "NAME", "SIGNAL", "PORT", ""])
        for found in ordered {
            table.add([
                found.device.kind.rawValue, found.device.address.printable, found.device.serial?.printable ?? "",
                found.device.name?.printable ?? "", found.device.signalStrength.map { "\($0) dBm" } ?? "",
                found.device.portPath ?? "", found.refusal.map { "refused: \($0.printable)" } ?? "",
            ])
        }
        let unavailable = kinds.compactMap { kind, reason in reason.map { "\(kind.rawValue): \($0.printable)" } }
        return (found.isEmpty ? ["no devices found"] : table.lines) + unavailable
    }
}
