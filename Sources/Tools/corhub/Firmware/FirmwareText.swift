import JSONCoding

/// What the agent knows of the repository and its rollouts, as people read it.
enum FirmwareText {
    static func lines(_ answer: JSONValue) -> [String] {
        var lines = freshness(answer)
        for model in answer.list("models") {
            lines += ["", model.text("model")]
            if let fault = model["fault"]?.stringValue {
                lines.append("  its rollouts cannot be read: \(fault.printable)")
            }
            var table = TextTable(["  version", "length", "counter", "hardware", "needs first"])
            for release in model.list("releases") {
                if let fault = release["fault"]?.stringValue {
                    table.add(["  \(release.text("version"))", "cannot be read: \(fault)"])
                } else {
                    table.add([
                        "  \(release.text("version"))", release.text("length"), release.text("security_counter"),
                        words(release, "hardware_revisions"), words(release, "must_pass_through"),
                    ])
                }
            }
            lines += table.lines
            for release in model.list("releases") where !release.list("refused_by").isEmpty {
                lines.append(
                    "  \(release.text("version")): its security counter is too low for \(words(release, "refused_by"))")
            }
        }
        return lines
    }

    static func rolloutLines(_ answer: JSONValue) -> [String] {
        var lines = freshness(answer)
        // Without a repository no device is looked at.
        if answer["repository"]?.stringValue != nil, answer.list("devices").isEmpty {
            lines += ["", "no device of this hub is known"]
        }
        for device in answer.list("devices") {
            lines += [
                "",
                "\(device.text("device"))  \(device.text("model")), \(device.text("hardware")), runs \(device.text("version"))"
                    + (device["security_counter"]?.integerValue.map { ", demands security counter \($0)" } ?? ""),
            ]
            lines += device.list("obstacles").map { "  \($0.text("message"))" }
            for rollout in device.list("rollouts") { lines += Self.lines(of: rollout, device) }
        }
        return lines
    }

    private static func lines(of rollout: JSONValue, _ device: JSONValue) -> [String] {
        let stages = rollout.list("stages")
        let stage = rollout["stage"]?.integerValue.map { "stage \($0 + 1) of \(stages.count)" } ?? "no stage"
        var lines = [
            "  \(rollout.text("id"))  release \(rollout.text("release")), \(rollout.text("state")), "
                + "place \(rollout.text("place")) of 10000: \(stage)"
        ]
        if let offer = device["offer"], offer["rollout"]?.stringValue == rollout["id"]?.stringValue {
            let way = offer["is_step"]?.boolValue == true ? ", a step on the way" : ""
            lines.append("    in: \(offer.text("version")) is offered\(way)")
        }
        for reason in rollout.list("reasons") {
            let end = reason["ends_ms"]?.integerValue.map { " (\(UTCTime.text(milliseconds: $0)))" } ?? ""
            lines.append("    \(reason.text("message"))\(end)")
        }
        return lines
    }

    private static func freshness(_ answer: JSONValue) -> [String] {
        guard answer["repository"]?.stringValue != nil else {
            return ["repository  none: firmware.repository is not configured"]
        }
        var lines = ["repository  \(answer.text("repository"))"]
        if let check = answer["last_check"], !check.isNull {
            let outcome = check["failure"]?["message"]?.stringValue.map { "failed: \($0.printable)" } ?? "up to date"
            lines.append("checked     \(check.time("time")), \(outcome)")
        } else {
            lines.append("checked     not yet since the agent's start")
        }
        if let until = answer["valid_until_ms"]?.integerValue {
            let state = answer["valid"]?.boolValue == true ? "valid until" : "expired: nothing new begins; since"
            lines.append(
                "metadata    version \(answer.text("metadata_version")), \(state) \(UTCTime.text(milliseconds: until))")
        } else {
            lines.append("metadata    none")
        }
        return lines
    }

    private static func words(_ value: JSONValue, _ name: String) -> String {
        let words = value.list(name).compactMap(\.stringValue)
        return words.isEmpty ? "-" : words.joined(separator: ", ")
    }
}
