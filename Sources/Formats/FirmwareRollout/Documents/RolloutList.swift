package import JSONCoding

/// The rollouts of one model, as one signed target: what has the first place decides first.
///
/// firmware-specs/rollouts.md, section 3.
package struct RolloutList: Sendable, Hashable {
    package static let format = "corhub-rollouts/1"
    /// Bytes of the document.
    package static let lengthMax = 65_536
    package static let rolloutCountMax = 16

    package var model: String
    package var rollouts: [Rollout]

    package init(model: String, rollouts: [Rollout]) {
        self.model = model
        self.rollouts = rollouts
    }

    package init(decoding bytes: [UInt8]) throws(DocumentFault) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(
                bytes, limits: JSONLimits(lengthMax: Self.lengthMax, depthMax: 8, itemCountMax: 8_192))
        } catch {
            throw .notJSON(reason: "\(error)")
        }
        var members = try DocumentMembers(value, path: "")
        try members.format(Self.format)
        model = try members.text("model", expected: "a model's name", FirmwareNames.isModel)
        rollouts = try members.list("rollouts", count: 0...Self.rolloutCountMax) {
            (value, name) throws(DocumentFault) in try Rollout(value, path: name)
        }
        try members.finish()
        guard Set(rollouts.map(\.id)).count == rollouts.count else {
            throw .contradiction(reason: "two rollouts have one id")
        }
    }

    package var json: JSONValue {
        [
            "format": .string(Self.format), "model": .string(model),
            "rollouts": .array(rollouts.map(\.json)),
        ]
    }
}
