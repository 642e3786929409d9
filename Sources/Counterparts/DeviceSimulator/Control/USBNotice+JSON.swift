package import JSONCoding

extension USBSocket.Notice {
    /// One object: `event`, and what belongs to it.
    package var json: JSONValue {
        switch self {
        case .plugged: ["event": "plugged"]
        case .unplugged: ["event": "unplugged"]
        case .struck(let fault): ["event": "usb-fault-struck", "fault": .string(fault.rawValue)]
        case .failed(let reason): ["event": "usb-failed", "reason": .string(reason)]
        }
    }
}

extension USBSocket.Notice: CustomStringConvertible {
    package var description: String {
        switch self {
        case .plugged: "plugged in"
        case .unplugged: "unplugged"
        case .struck(let fault): "USB fault \(fault.rawValue) strikes"
        case .failed(let reason): "USB: \(reason)"
        }
    }
}
