import JSONCoding

/// Updates as people read them.
enum FirmwareUpdateText {
    static func lines(_ answer: JSONValue) -> [String] {
        let updates = answer.list("updates")
        guard !updates.isEmpty else {
            return answer["keys"]?.integerValue == 0
                ? ["no update so far; no image can be installed: there is no key in firmware.image_keys"]
                : ["no update so far"]
        }
        var table = TextTable(["DEVICE", "IMAGE", "PHASE", "SINCE", ""])
        for update in updates {
            table.add([
                update.text("device"), update.text("image", "version"), update.text("phase"),
                update["entered_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "-", remark(update),
            ])
        }
        return table.lines
    }

    /// Why it stands where it stands.
    static func remark(_ update: JSONValue) -> String {
        if let upload = upload(update) { return upload }
        let reasons = update.list("waits_for").map { $0.text("message") }
        if !reasons.isEmpty { return "waits: " + reasons.joined(separator: "; ") }
        return update["reason"]?.stringValue?.printable ?? ""
    }

    /// "41 % of 524288 bytes, 312 kB/s, 1 s left"; nil while nothing is sent.
    static func upload(_ update: JSONValue) -> String? {
        guard let offset = update["upload"]?["offset"]?.integerValue,
            let length = update["upload"]?["length"]?.integerValue, length > 0
        else { return nil }
        var text = "\(offset * 100 / length) % of \(length) bytes"
        if let rate = update["upload"]?["bytes_per_second"]?.integerValue, rate > 0 {
            let left = (length - offset + rate - 1) / rate
            text += ", \(rate / 1_000) kB/s, \(left) s left"
        }
        return text
    }

    /// The exit status that an update's end is told by; nil while it goes on.
    static func status(_ update: JSONValue) -> ExitStatus? {
        switch update.text("phase") {
        case "confirmed": .done
        case "cancelled": .nothingToDo
        case "failed-transiently": .temporary
        case "reverted", "failed-permanently": .failed
        default: nil
        }
    }
}
