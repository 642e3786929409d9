import ArgumentParser
import Glibc
import JSONCoding
import UpstreamClient

/// `corhub buffer export DIR`: the signed batches and receipts as they are, so that anyone can verify them.
struct BufferExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the signed batches and receipts, so that anyone can verify them.",
        discussion: """
            Example: corhub buffer export evidence && python3 verify_export.py evidence

            DIR/batches/EPOCH/SEQUENCE.cose and DIR/receipts/EPOCH/SEQUENCE.cose are the bytes as they were signed; \
            DIR/anchors holds the certificates that the signatures lead to. DIR must not exist yet.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The folder to make.")
    var folder: String

    func run() async throws {
        let output = control.output("buffer export")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            let anchors = try await client.get("/v1/anchors")
            let export = try ExportFolder(folder)
            try export.write(anchors: anchors)
            var batchCount = 0
            var receiptCount = 0
            var after: Int64 = 0
            while true {
                let page = try await client.get("/v1/batches?after=\(after)").list("batches")
                guard let last = page.last?["number"]?.integerValue else { break }
                for batch in page {
                    let epoch = batch.text("epoch")
                    let sequence = batch.text("sequence")
                    if batch.text("bytes") == "present" {
                        let bytes = try await client.bytes(HTTPRequest(.get, "/v1/batches/\(epoch)/\(sequence)"))
                        try export.write(bytes, "batches", epoch, sequence)
                        batchCount += 1
                    }
                    if batch["receipt"] != .null {
                        let bytes = try await client.bytes(HTTPRequest(.get, "/v1/receipts/\(epoch)/\(sequence)"))
                        try export.write(bytes, "receipts", epoch, sequence)
                        receiptCount += 1
                    }
                }
                after = last
            }
            try export.write(manifest: anchors, batchCount: batchCount, receiptCount: receiptCount)
            output.tell([
                "schema": "corhub/export/1", "folder": .string(folder), "batches": .integer(Int64(batchCount)),
                "receipts": .integer(Int64(receiptCount)),
            ]) { ["\(batchCount) batches and \(receiptCount) receipts in \(folder)"] }
        }
    }
}
