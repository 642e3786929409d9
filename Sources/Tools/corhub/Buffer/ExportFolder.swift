import Glibc
import JSONCoding

/// A new folder with the layout that Tests/Conformance/verify_export.py and other verifiers read.
struct ExportFolder {
    private let path: String

    /// Makes the folder; one that exists is left alone, so that an export is never mixed with an earlier one.
    init(_ path: String) throws(CommandProblem) {
        self.path = path
        guard mkdir(path, 0o755) == 0 else {
            throw Self.problem(path, errno)
        }
        for name in ["batches", "receipts", "anchors"] {
            try Self.makeFolder("\(path)/\(name)")
        }
    }

    func write(_ bytes: [UInt8], _ kind: String, _ epoch: String, _ sequence: String) throws(CommandProblem) {
        try Self.makeFolder("\(path)/\(kind)/\(epoch)")
        try Self.write(bytes, to: "\(path)/\(kind)/\(epoch)/\(sequence).cose")
    }

    func write(anchors: JSONValue) throws(CommandProblem) {
        let upstream = anchors.list("upstream_ca").compactMap(\.stringValue)
        try Self.write(
            Array(upstream.map(PEM.certificate(hexadecimal:)).joined().utf8), to: "\(path)/anchors/upstream-ca.pem")
        let receipt = anchors["receipt_certificate"]?.stringValue ?? ""
        try Self.write(Array(PEM.certificate(hexadecimal: receipt).utf8), to: "\(path)/anchors/receipt.pem")
        let devices = anchors.list("device_ca").compactMap(\.stringValue)
        try Self.write(
            Array(devices.map(PEM.certificate(hexadecimal:)).joined().utf8), to: "\(path)/anchors/device-ca.pem")
    }

    func write(manifest anchors: JSONValue, batchCount: Int, receiptCount: Int) throws(CommandProblem) {
        let manifest: JSONValue = [
            "schema": "corhub/export/1", "hub": anchors["hub"] ?? .null, "environment": anchors["environment"] ?? .null,
            "software": anchors["software"] ?? .null, "batches": .integer(Int64(batchCount)),
            "receipts": .integer(Int64(receiptCount)),
        ]
        try Self.write(Array((manifest.serialized(pretty: true) + "\n").utf8), to: "\(path)/export.json")
    }

    private static func makeFolder(_ path: String) throws(CommandProblem) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw problem(path, errno) }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(CommandProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw problem(path, errno) }
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw problem(path, errno) }
            offset += count
        }
    }

    private static func problem(_ path: String, _ code: CInt) -> CommandProblem {
        CommandProblem(
            code == EEXIST ? .blocked : .failed, code: "folder", "\(path): \(String(cString: strerror(code)))")
    }
}
