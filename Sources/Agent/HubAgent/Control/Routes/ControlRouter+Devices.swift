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
            "devices": .array(rows.map { row in row.json(connections.first { $0.serial == row.serial }) }),
            "links": .array(connections.map(\.json)),
        ]
    }

    func device(_ text: String) async throws(ControlRefusal) -> JSONValue {
        guard let serial = DeviceSerial(text) else {
            throw ControlRefusal(.badRequest("\"\(text.prefix(64))\" is not a device serial number"))
        }
        let found = try await read { (reader) throws(StoreFault) in
            (try reader.device(serial), try reader.gaps(of: serial), try reader.recordSequence(newestOf: serial))
        }
        guard let row = found.0 else { throw ControlRefusal(.notFound("device \(serial.text)")) }
        let connection = context.services.board.connections.first { $0.serial == serial }
        return [
            "schema": "corhub/device/1", "device": row.json(connection), "newest_sequence": .count(found.2),
            "gaps": .array(found.1.map(\.json)),
        ]
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
