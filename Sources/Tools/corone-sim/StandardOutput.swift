import Glibc

/// Whole lines, written at once, so that lines of several threads never mix.
enum StandardOutput {
    static func write(line: String) {
        let bytes = Array((line + "\n").utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(STDOUT_FILENO, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more: that is the reader's choice, and no reason to stop the device.
            guard count > 0 else { return }
            offset += count
        }
    }
}
