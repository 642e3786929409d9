import ArgumentParser
import CORProtocol
import JSONCoding
import MCUbootImage

struct FirmwareVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge a firmware image as the hub does before it sends one. Works without an agent.",
        discussion: """
            Examples: corhub firmware verify image.bin --key maker.pub.der
                      corhub firmware verify image.bin --key maker.pub.der --slot-size 524288 \\
                             --device-state '{"version": "1.2.3+4", "sec_cnt": 7}'

            Layout, hash and signatures are checked at least as strictly as MCUboot does; with --slot-size and --device-state \
            also whether the image is one for that slot and device. Nothing is sent anywhere.

            Exit status: 0 accepted, 4 refused, 1 a file cannot be read.
            """)

    @Argument(help: "The image, as imgtool signed it.")
    var file: String
    @Option(
        help:
            "A public key that may sign, SubjectPublicKeyInfo in DER or PEM: Ed25519 or P-256. May be given several times."
    )
    var key: [String] = []
    @Option(help: "Bytes of the slot that the image is for.")
    var slotSize: Int?
    @Option(help: "Bytes at the slot's end that the boot loader keeps for itself.")
    var trailerSize = ImagePolicy.trailerLengthDefault
    @Option(
        help:
            "What the device has now, as JSON or as a file with JSON: version, sec_cnt, image1, uuid_vid, uuid_cid, address."
    )
    var deviceState: String?
    @Option(
        help: "The SHA-256 that the file must have, from signed metadata. An encrypted image is not accepted without.")
    var sha256: String?
    @Flag(help: "An older version than the device's is accepted. The security counter holds nevertheless.")
    var allowDowngrade = false
    @Flag(help: "Print one JSON value.")
    var json = false

    /// Bytes; MCUboot slots are smaller than this.
    private static let fileLengthMax = 64 << 20

    func validate() throws {
        guard !key.isEmpty else { throw ValidationError("--key is missing: without a key no signature says anything") }
        guard slotSize.map({ $0 > 0 }) ?? true else { throw ValidationError("--slot-size is at least 1") }
        guard trailerSize >= 0 else { throw ValidationError("--trailer-size is at least 0") }
        guard sha256.map({ SHA256Hash(hex: $0) != nil }) ?? true else {
            throw ValidationError("--sha256 is 64 hexadecimal digits")
        }
    }

    func run() async throws {
        let output = CommandOutput(command: "firmware verify", isJSON: json)
        try await output.runToStatus { () async throws(CommandProblem) in
            let policy = ImagePolicy(
                keys: try key.map { path throws(CommandProblem) in try ImageKeyFile.read(path) },
                slotLength: slotSize, trailerLength: trailerSize,
                fileHash: sha256.flatMap { SHA256Hash(hex: $0) }?.bytes,
                device: try deviceState.map { text throws(CommandProblem) in try DeviceStateFile.read(text) },
                allowsDowngrade: allowDowngrade)
            let bytes = try FirmwareFile.read(file, lengthMax: Self.fileLengthMax)
            let report = FirmwareReport(file: file, bytes: bytes, policy: policy)
            output.tell(report.json) { report.lines }
            return report.isAccepted ? .done : .blocked
        }
    }
}
