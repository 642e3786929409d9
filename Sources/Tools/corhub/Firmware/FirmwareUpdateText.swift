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
        if let upload = upload(update) { return upload.text }
        let reasons = update.list("waits_for").map { $0.text("message") }
        if !reasons.isEmpty { return "waits: " + reasons.joined(separator: "; ") }
        return update["reason"]?.stringValue?.printable ?? ""
    }

    /// How far the image has gone over; nil while nothing is sent.
    static func upload(_ update: JSONValue) -> ProgressLine? {
        guard let offset = update["upload"]?["offset"]?.integerValue,
            let length = update["upload"]?["length"]?.integerValue, length > 0
        else { return nil }
        return ProgressLine(
            Int(offset), of: Int(length), rate: update["upload"]?["bytes_per_second"]?.integerValue.map { Int($0) })
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
