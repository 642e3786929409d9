package import JSONCoding
package import MCUbootImage

/// For which devices a release is, as people write it down: firmware-specs/releases, and rollouts.md, section 2.
package struct ReleaseDescription: Sendable, Hashable {
    /// Versions over which the image may be installed, both ends included.
    package struct VersionRange: Sendable, Hashable {
        package var min: ImageVersion
        package var max: ImageVersion

        package init(min: ImageVersion, max: ImageVersion) {
            self.min = min
            self.max = max
        }

        package func contains(_ version: ImageVersion) -> Bool { min <= version && version <= max }
    }

    package static let format = "corhub-release/1"
    package static let hardwareRevisionCountMax = 32
    package static let fromVersionCountMax = 16
    package static let passThroughCountMax = 16

    package var model: String
    package var hardwareRevisions: [String]
    package var version: ImageVersion
    package var securityCounter: UInt32
    /// Empty: over any.
    package var fromVersions: [VersionRange]
    /// Percent; on external power a device may have less.
    package var batteryMin: UInt8
    /// Versions that an older device has to install first, in rising order; each is a release of its own.
    package var mustPassThrough: [ImageVersion]

    package init(
        model: String, hardwareRevisions: [String], version: ImageVersion, securityCounter: UInt32,
        fromVersions: [VersionRange] = [], batteryMin: UInt8 = 30, mustPassThrough: [ImageVersion] = []
    ) {
        self.model = model
        self.hardwareRevisions = hardwareRevisions
        self.version = version
        self.securityCounter = securityCounter
        self.fromVersions = fromVersions
        self.batteryMin = batteryMin
        self.mustPassThrough = mustPassThrough
    }

    /// The target's path: model and version have no other.
    package var path: String { FirmwareNames.image(of: model, version) }

    package init(_ value: JSONValue) throws(DocumentFault) {
        var members = try DocumentMembers(value, path: "")
        try self.init(&members)
        try members.finish()
    }

    init(_ members: inout DocumentMembers) throws(DocumentFault) {
        try members.format(Self.format)
        model = try members.text("model", expected: "a model's name", FirmwareNames.isModel)
        hardwareRevisions = try members.list("hardware_revisions", count: 1...Self.hardwareRevisionCountMax) {
            (value, name) throws(DocumentFault) in
            guard let text = value.stringValue, FirmwareNames.isHardwareRevision(text) else {
                throw .valueWrong(member: name, expected: "a hardware revision")
            }
            return text
        }
        version = try members.version("version")
        securityCounter = UInt32(try members.integer("security_counter", in: 0...Int64(UInt32.max)))
        fromVersions = try members.list("from_versions", count: 0...Self.fromVersionCountMax) {
            (value, name) throws(DocumentFault) in
            var members = try DocumentMembers(value, path: name)
            let range = VersionRange(min: try members.version("min"), max: try members.version("max"))
            try members.finish()
            guard range.min <= range.max else { throw .contradiction(reason: "\(name) ends before it begins") }
            return range
        }
        batteryMin = UInt8(try members.integer("battery_min", in: 0...100))
        mustPassThrough = try members.list("must_pass_through", count: 0...Self.passThroughCountMax) {
            (value, name) throws(DocumentFault) in try DocumentMembers.version(value, name: name)
        }
        guard Set(hardwareRevisions).count == hardwareRevisions.count else {
            throw .contradiction(reason: "a hardware revision stands twice")
        }
        guard zip(mustPassThrough, mustPassThrough.dropFirst()).allSatisfy({ $0 < $1 }),
            mustPassThrough.last.map({ $0 < version }) ?? true
        else { throw .contradiction(reason: "must_pass_through does not rise to the version") }
    }

    package var json: JSONValue { .object(members) }

    var members: [JSONMember] {
        [
            .init(name: "format", value: .string(Self.format)), .init(name: "model", value: .string(model)),
            .init(name: "hardware_revisions", value: .array(hardwareRevisions.map { .string($0) })),
            .init(name: "version", value: .string(version.description)),
            .init(name: "security_counter", value: .integer(Int64(securityCounter))),
            .init(
                name: "from_versions",
                value: .array(
                    fromVersions.map { ["min": .string($0.min.description), "max": .string($0.max.description)] })),
            .init(name: "battery_min", value: .integer(Int64(batteryMin))),
            .init(
                name: "must_pass_through", value: .array(mustPassThrough.map { .string($0.description) })),
        ]
    }
}
