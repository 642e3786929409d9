package import HubCore

/// Brings one target into a file: in parts, from where it stopped, and only what the metadata say.
package struct ImageDownload: Sendable {
    /// Bytes of one request.
    package static let partLength = 65_536

    private let repository: any RangedRepositoryPort

    package init(from repository: any RangedRepositoryPort) {
        self.repository = repository
    }

    /// - Parameter location: below the targets' base, escaped as it goes into a URL.
    package func fetch(
        _ target: FirmwareOffer.Target, at location: String, to path: String
    ) async -> Result<Void, FirmwareFetchFault> {
        guard (1...FirmwareOffer.Target.lengthMax).contains(target.length) else {
            return .failure(.permanent(reason: "an image of \(target.length) bytes"))
        }
        do {
            var file = try PartialFile(at: path, lengthMax: target.length)
            let hasResumed = file.length > 0
            try await complete(&file, target, location)
            var isRight = try file.hash() == target.sha256
            if !isRight, hasResumed {
                // What lay there may have been of another file.
                try file.truncate()
                try await complete(&file, target, location)
                isRight = try file.hash() == target.sha256
            }
            guard isRight else {
                try file.truncate()
                return .failure(.refused(reason: "hash-wrong"))
            }
            try file.synchronise()
            return .success(())
        } catch let fault as RepositoryFault {
            return .failure(FirmwareFetchFault(fault))
        } catch {
            return .failure(.transient(reason: "storage: \(error)"))
        }
    }

    private func complete(_ file: inout PartialFile, _ target: FirmwareOffer.Target, _ location: String) async throws {
        // Each round appends a byte or more, so that the target's length bounds the loop.
        while file.length < target.length {
            switch try await repository.part(
                location, from: file.length, lengthMax: Self.partLength, of: target.length)
            {
            case .part(let bytes):
                try file.append(bytes)
            case .whole(let bytes):
                try file.truncate()
                try file.append(bytes)
                guard bytes.count == target.length else {
                    throw RepositoryFault.unreachable(reason: "the file has \(bytes.count) bytes")
                }
            }
        }
    }
}

extension FirmwareFetchFault {
    init(_ fault: RepositoryFault) {
        switch fault {
        case .status(404), .status(403), .status(410), .status(416): self = .refused(reason: "download-status")
        case .status(let status): self = .transient(reason: "the server answers \(status)")
        case .tooLong: self = .refused(reason: "endless-data")
        case .tooSlow: self = .transient(reason: "slow-retrieval")
        case .unreachable(let reason): self = .transient(reason: reason)
        }
    }
}
