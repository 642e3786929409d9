import JSONCoding

/// One line of the control channel: a JSON object whose `do` names a command.
///
/// | do | with |
/// |---|---|
/// | run | ?artefact, ?minutes, ?seed |
/// | stop, button, hold-button, reboot, clear-faults | |
/// | battery | percent, ?external |
/// | fault | name, ?n |
/// | break | part, or null to repair |
/// | line-fault | name, ?n; a device on a serial line only |
/// | plug, unplug, usb-fault | name, ?n; a device on USB only |
package struct ControlLine: Sendable, Hashable {
    /// For whom the line is.
    package enum Order: Sendable, Hashable {
        case device(DeviceCommand)
        case line(LineFaultOrder)
        case usb(USBCommand)
    }

    package let order: Order

    package enum Refusal: Error, Sendable, Hashable {
        case notJSON
        case commandUnknown(String)
        case valueWrong(field: String, expected: String)
    }

    /// Longest run that a record can hold at one sample in 5 s: firmware-specs/cddl/record.cddl.
    private static let minutesMax = 1_440

    package init(_ text: String) throws(Refusal) {
        guard let object = try? JSONValue.parse(text), object.objectValue != nil else { throw .notJSON }
        guard let name = object["do"]?.stringValue else {
            throw .valueWrong(field: "do", expected: "the name of a command")
        }
        order =
            switch name {
            case "line-fault": .line(try Self.lineFault(object))
            case "plug": .usb(.plug)
            case "unplug": .usb(.unplug)
            case "usb-fault": .usb(.fault(try Self.usbFault(object)))
            default: .device(try Self.command(name, object))
            }
    }

    private static func command(_ name: String, _ object: JSONValue) throws(Refusal) -> DeviceCommand {
        switch name {
        case "run": try run(object)
        case "stop": .stop
        case "button": .pressButton
        case "hold-button": .holdButton
        case "battery": try battery(object)
        case "reboot": .reboot
        case "fault": .fault(try fault(object))
        case "clear-faults": .clearFaults
        case "break": .breakPart(object["part"]?.stringValue)
        default: throw .commandUnknown(name)
        }
    }

    private static func run(_ object: JSONValue) throws(Refusal) -> DeviceCommand {
        let name = object["artefact"] ?? "none"
        guard let artefact = name.stringValue.flatMap(Artefact.init(rawValue:)) else {
            let names = Artefact.allCases.map(\.rawValue).joined(separator: ", ")
            throw .valueWrong(field: "artefact", expected: "one of \(names)")
        }
        let minutes = object["minutes"] ?? 30
        guard let minutes = minutes.integerValue, (1...Int64(minutesMax)).contains(minutes) else {
            throw .valueWrong(field: "minutes", expected: "1 to \(minutesMax)")
        }
        var seed: UInt64?
        if let value = object["seed"] {
            guard let integer = value.integerValue, integer >= 0 else {
                throw .valueWrong(field: "seed", expected: "an integer from 0 on")
            }
            seed = UInt64(integer)
        }
        return .run(artefact: artefact, minutes: Int(minutes), seed: seed)
    }

    private static func battery(_ object: JSONValue) throws(Refusal) -> DeviceCommand {
        guard let percent = object["percent"]?.integerValue, (0...100).contains(percent) else {
            throw .valueWrong(field: "percent", expected: "0 to 100")
        }
        return .battery(percent: UInt8(percent), hasExternalPower: object["external"]?.boolValue ?? false)
    }

    private static func fault(_ object: JSONValue) throws(Refusal) -> FaultOrder {
        guard let fault = object["name"]?.stringValue.flatMap(DeviceFault.init(rawValue:)) else {
            let names = DeviceFault.allCases.map(\.rawValue).joined(separator: ", ")
            throw .valueWrong(field: "name", expected: "one of \(names)")
        }
        return FaultOrder(fault: fault, number: try number(object))
    }

    private static func lineFault(_ object: JSONValue) throws(Refusal) -> LineFaultOrder {
        guard let fault = object["name"]?.stringValue.flatMap(LineFault.init(rawValue:)) else {
            let names = LineFault.allCases.map(\.rawValue).joined(separator: ", ")
            throw .valueWrong(field: "name", expected: "one of \(names)")
        }
        return LineFaultOrder(fault: fault, number: try number(object))
    }

    private static func usbFault(_ object: JSONValue) throws(Refusal) -> USBFaultOrder {
        guard let fault = object["name"]?.stringValue.flatMap(USBFault.init(rawValue:)) else {
            let names = USBFault.allCases.map(\.rawValue).joined(separator: ", ")
            throw .valueWrong(field: "name", expected: "one of \(names)")
        }
        return USBFaultOrder(fault: fault, number: try number(object))
    }

    private static func number(_ object: JSONValue) throws(Refusal) -> Int? {
        guard let number = object["n"] else { return nil }
        guard let number = number.integerValue.flatMap(Int.init(exactly:)), number >= 0 else {
            throw .valueWrong(field: "n", expected: "an integer from 0 on")
        }
        return number
    }
}

extension ControlLine.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON: "the line is no JSON object"
        case .commandUnknown(let name): "\"\(name)\" is no command"
        case .valueWrong(let field, let expected): "\"\(field)\" must be \(expected)"
        }
    }
}
