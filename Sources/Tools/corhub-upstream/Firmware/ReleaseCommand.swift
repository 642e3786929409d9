import ArgumentParser
import CORProtocol
import FirmwarePublisher
import FirmwareRollout
import JSONCoding
import MCUbootImage
import SwiftASN1
import UpstreamServer

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Images that rollouts may name.", subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check an image against its description, and offer it.",
            discussion: """
                Nothing is installed by it: a rollout says where. Wants the keys of targets, snapshot and timestamp.

                Example: corhub-upstream release add firmware-specs/releases/cor-one-virtual-1.1.0.yaml --image image.bin \\
                         --image-key maker.pub.pem --repository firmware --keys /media/stick/keys --keys keys
                """)

        @Argument(help: "The description: firmware-specs/rollouts.md, section 2.")
        var file: String
        @Option(help: "The image, as imgtool signed it.")
        var image: String
        @Option(help: "A public key that may sign images, DER or PEM; more than one may be given.")
        var imageKey: [String] = []
        @OptionGroup var options: PublisherOptions
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard !imageKey.isEmpty else { throw ValidationError("--image-key is missing") }
        }

        func run() async throws {
            try await reporting {
                let keys = try imageKey.map { path in
                    let bytes = try PublisherInput.read(path)
                    do {
                        return try ImageKey(der: Self.der(of: bytes))
                    } catch {
                        throw PublisherFault.unreadable(path: path, reason: "\(error)")
                    }
                }
                let release = try options.publisher().add(
                    DescriptionReader.description(PublisherInput.read(file)), image: PublisherInput.read(image),
                    signedBy: keys)
                output.write(
                    [
                        "target": .string(release.description.path), "sha256": .string(release.fileHash.hex),
                        "length": .integer(Int64(release.length)), "image_hash": .string(release.imageHash.hex),
                    ], text: "offers \(release.description.path), \(release.length) bytes")
            }
        }

        private static func der(of bytes: [UInt8]) throws -> [UInt8] {
            guard bytes.starts(with: Array("-----BEGIN".utf8)) else { return bytes }
            return try PEMDocument(pemString: String(decoding: bytes, as: UTF8.self)).derBytes
        }
    }
}
