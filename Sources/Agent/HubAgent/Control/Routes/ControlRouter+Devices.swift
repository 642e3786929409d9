import CORProtocol
import HubCore
import HubStore
import JSONCoding

extension ControlRouter {
    func devices() async throws(ControlRefusal) -> JSONValue {
        let rows = try await read { (reader) throws(StoreFault) in try reader.devices() }
        let connections = context.services.board.connections
        return [
            "schema": "corhub/devices/1",
            "devices": .array(rows.map { row in row.json(Self.used(connections, for: row.serial)) }),
            "links": .array(connections.map(\.json)),
            "discovery": .array(context.services.board.discoveries.map(\.json)),
        ]
    }

    func device(_ text: String) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(text)
        let found = try await read { (reader) throws(StoreFault) in
            (
                try reader.device(serial), try reader.gaps(of: serial), try reader.recordSequence(newestOf: serial),
                try reader.registration(of: serial), try reader.recalls()?.list[serial]
            )
        }
        guard let row = found.0 else { throw ControlRefusal(.notFound("device \(serial.text)")) }
        let connections = context.services.board.connections
        let connection = Self.used(connections, for: serial)
        return [
            "schema": "corhub/device/1", "links": .array(connections.filter { $0.serial == serial }.map(\.json)),
            "device": row.json(connection), "newest_sequence": .count(found.2),
            "gaps": .array(found.1.map(\.json)),
            "registration": found.3.map { registration in
                [
                    "state": .string("\(registration.state)"), "changed": registration.changed.json,
                    "waits_for": .text(context.services.board.registrationWaits(serial)),
                ]
            } ?? .null,
            "recall": found.4.map { ["state": .string("\($0.state)"), "reason": .string($0.reason)] } ?? .null,
        ]
    }
}

extension ControlRouter {
    /// The device of this serial number, or else the one that the household calls so.
    func deviceSerial(_ text: String) async throws(ControlRefusal) -> DeviceSerial {
        let rows = try await read { (reader) throws(StoreFault) in try reader.devices() }
        let serial = DeviceSerial(text)
        if let serial, rows.contains(where: { $0.serial == serial }) { return serial }
        if let named = rows.first(where: { $0.alias == text }) { return named.serial }
        guard let serial else { throw ControlRefusal(.notFound("device or name \"\(text.prefix(64))\"")) }
        return serial
    }

    /// Of the links to a device the one that is in use, or else any.
    private static func used(
        _ connections: [StatusBoard.Connection], for serial: DeviceSerial
    ) -> StatusBoard.Connection? {
        let ofDevice = connections.filter { $0.serial == serial }
        return ofDevice.first { $0.state == .connected } ?? ofDevice.first
    }
}

extension StatusBoard.Discovery {
    var json: JSONValue {
        ["link": .string(link.rawValue), "available": .bool(unavailable == nil), "reason": .text(unavailable)]
    }
}

extension DeviceRow {
    func json(_ connection: StatusBoard.Connection?) -> JSONValue {
        [
            "serial": .string(serial.text), "model": .string(model), "hardware": .string(hardware),
            "firmware": .string(firmware), "trust": .string(trust.rawValue),
            "certificate": .hash(certificateThumbprint), "first_seen": firstSeen.json, "last_seen": lastSeen.json,
            "alias": .text(alias), "connection": connection?.json ?? .null,
        ]
    }
}

extension Gap {
    var json: JSONValue {
        [
            "device": .string(serial.text), "first": .count(first), "last": .count(last),
            "reason": .string("\(reason)"), "detail": .string(detail), "noticed": noticed.json,
        ]
    }
}
