// The time of a client's first refresh from a repository of files, and the server that peers read it from as well.
// Usage: bench-tuf serve FOLDER                  prints its port, and serves until its standard input ends
//        bench-tuf refresh PORT ROOT FOLDER      prints the median of first refreshes; FOLDER is for their stores

import Glibc
import NIOPosix
import TUFMetadata
import TUFUpdater
import UpstreamClient

let refreshCount = 21
let warmUpCount = 3

struct Usage: Error {}

func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
}

guard CommandLine.arguments.count >= 3 else { throw Usage() }
switch CommandLine.arguments[1] {
case "serve":
    let server = try await FileServer.start(CommandLine.arguments[2])
    print("{\"port\":\(server.port)}")
    fflush(nil)
    while readLine() != nil {}
    try await server.close()

case "refresh":
    guard CommandLine.arguments.count == 5, let port = Int(CommandLine.arguments[2]) else { throw Usage() }
    let root = CommandLine.arguments[3].split(separator: "/")
    guard let name = root.last,
        let trusted = try MetadataFolder("/" + root.dropLast().joined(separator: "/")).read(String(name))
    else { throw Usage() }
    let clock = ContinuousClock()
    var times: [Double] = []
    for index in 0..<(warmUpCount + refreshCount) {
        let path = "\(CommandLine.arguments[4])/\(index)"
        guard mkdir(path, 0o700) == 0 else { throw Usage() }
        let folder = MetadataFolder(path)
        try folder.replace("root.json", with: trusted)
        // As an agent does that starts to look for firmware: a new connection each time.
        let begin = clock.now
        let repository = try HTTPRepository(.plain(host: "127.0.0.1", port: port), basePath: "/")
        var updater = RepositoryUpdater(metadata: repository, folder: folder, startTime: Int64(time(nil)))
        try await updater.update()
        if index >= warmUpCount { times.append(milliseconds(clock.now - begin)) }
        repository.close()
    }
    print("{\"benchmark\":\"tuf-refresh\",\"median_ms\":\(times.sorted()[times.count / 2])}")

default:
    throw Usage()
}
