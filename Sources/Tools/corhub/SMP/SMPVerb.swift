import SMPProtocol

/// What `corhub smp LINK` is to do, read from the words after the link.
enum SMPVerb: Sendable, Hashable {
    case echo(text: String)
    case parameters
    case info
    case imageList
    case imageUpload(path: String)
    /// Hexadecimal digits of the image's hash, or the first of them.
    case imageTest(hash: String)
    /// Nil confirms the running image.
    case imageConfirm(hash: String?)
    case imageErase
    /// Into the application, or into the boot loader's serial recovery.
    case reset(intoBootloader: Bool)
    case dateTime

    static let usage = """
        echo TEXT | params | info | image list | image upload FILE | image test HASH | image confirm [HASH] | \
        image erase | reset [bootloader] | datetime
        """
    static let hashDigitCountMin = 4

    init(words: [String]) throws(SMPVerbError) {
        let noun = words.first ?? ""
        let rest = Array(words.dropFirst())
        switch noun {
        case "echo": self = .echo(text: try Self.only(rest, of: "echo TEXT"))
        case "params": self = try Self.bare(.parameters, rest, of: "params")
        case "info": self = try Self.bare(.info, rest, of: "info")
        case "reset":
            guard rest.isEmpty || rest == ["bootloader"] else { throw .argumentsWrong(form: "reset [bootloader]") }
            self = .reset(intoBootloader: !rest.isEmpty)
        case "datetime": self = try Self.bare(.dateTime, rest, of: "datetime")
        case "image": self = try Self.image(rest)
        case "": throw .missing
        default: throw .unknown(noun)
        }
    }

    /// The name that `--json` gives the verb.
    var name: String {
        switch self {
        case .echo: "echo"
        case .parameters: "params"
        case .info: "info"
        case .imageList: "image list"
        case .imageUpload: "image upload"
        case .imageTest: "image test"
        case .imageConfirm: "image confirm"
        case .imageErase: "image erase"
        case .reset: "reset"
        case .dateTime: "datetime"
        }
    }

    private static func image(_ words: [String]) throws(SMPVerbError) -> SMPVerb {
        let verb = words.first ?? ""
        let rest = Array(words.dropFirst())
        switch verb {
        case "list": return try bare(.imageList, rest, of: "image list")
        case "upload": return .imageUpload(path: try only(rest, of: "image upload FILE"))
        case "test": return .imageTest(hash: try hash(only(rest, of: "image test HASH")))
        case "confirm":
            guard !rest.isEmpty else { return .imageConfirm(hash: nil) }
            return .imageConfirm(hash: try hash(only(rest, of: "image confirm [HASH]")))
        case "erase": return try bare(.imageErase, rest, of: "image erase")
        case "": throw .missing
        default: throw .unknown("image \(verb)")
        }
    }

    private static func only(_ words: [String], of form: String) throws(SMPVerbError) -> String {
        guard let word = words.first, words.count == 1 else { throw .argumentsWrong(form: form) }
        return word
    }

    private static func bare(_ verb: SMPVerb, _ words: [String], of form: String) throws(SMPVerbError) -> SMPVerb {
        guard words.isEmpty else { throw .argumentsWrong(form: form) }
        return verb
    }

    private static func hash(_ text: String) throws(SMPVerbError) -> String {
        let digits = text.lowercased()
        guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
            (hashDigitCountMin...2 * ImageSlot.hashLengthMax).contains(digits.count)
        else { throw .hashMalformed(text) }
        return digits
    }
}

/// Why words are no verb.
enum SMPVerbError: Error, Hashable, CustomStringConvertible {
    case missing
    case unknown(String)
    case argumentsWrong(form: String)
    case hashMalformed(String)

    var description: String {
        switch self {
        case .missing:
            "say what to do: \(SMPVerb.usage)"
        case .unknown(let verb):
            "there is no \"\(verb)\"; there is \(SMPVerb.usage)"
        case .argumentsWrong(let form):
            "write \(form)"
        case .hashMalformed(let text):
            "\"\(text)\" is no image hash: write at least \(SMPVerb.hashDigitCountMin) of its hexadecimal digits, "
                + "as \"image list\" shows them"
        }
    }
}
