// Writes small files again and again, and prints what is durable. A fault ends it.
// Usage: file-writer FOLDER
//
// `replaced`, `moved` and `made-N` hold a number, and as many bytes as it says times 997: whoever looks sees whether a file is
// whole, and which it is.

import DurableFiles
import Glibc

guard CommandLine.arguments.count == 2 else { exit(2) }
let folder = CommandLine.arguments[1]

func content(_ number: Int) -> [UInt8] {
    Array("\(number) ".utf8) + [UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 26), count: number * 997)
}

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(3) }
}

func file(_ name: String) -> DurableFile { DurableFile("\(folder)/\(name)") }

mkdir(folder, 0o700)
do throws(FileFault) {
    for number in 1...8 {
        try file("replaced").replace(with: content(number), access: .owner)
        say("replaced \(number)")
        try file("made-\(number)").make(with: content(number), access: .owner)
        say("made-\(number) \(number)")
        try file("next").replace(with: content(number), access: .everyone)
        try file("next").move(over: file("moved"))
        say("moved \(number)")
        if number > 4 {
            try file("made-\(number - 4)").remove()
            say("made-\(number - 4) gone")
        }
        // Two at once, settled together.
        for name in ["first", "second"] {
            try file(name).replaceUnsettled(with: content(number), access: .everyone)
        }
        try DurableFile.synchronise(folder: folder)
        for name in ["first", "second"] { say("\(name) \(number)") }
    }
} catch {
    print("\(error)")
    exit(1)
}
