import HubCore

/// How the keys of each form are made.
extension ConfigurationKey {
    typealias Place<Value> = WritableKeyPath<HubConfiguration, Value> & Sendable

    static func text(
        _ path: String, _ place: any Place<String>, _ meaning: String, reload: Reload = .restart
    ) -> ConfigurationKey {
        value(
            path, .text, meaning, reload: reload, place,
            read: { (value) throws(ValueRefusal) in try requireText(value) }, write: { quoted($0) })
    }

    static func text(
        _ path: String, _ place: any Place<String?>, example: String, _ meaning: String, reload: Reload = .restart
    ) -> ConfigurationKey {
        value(
            path, .text, meaning, example: quoted(example), reload: reload, place,
            read: { (value) throws(ValueRefusal) in try requireText(value) }, write: { $0.map(quoted) })
    }

    /// A text that stands for something else, and is refused where it does not.
    static func text<Value: Sendable>(
        _ path: String, _ place: any Place<Value?>, example: String, _ meaning: String, isPersonal: Bool = false,
        reload: Reload = .restart,
        read: @escaping @Sendable (String) throws(ValueRefusal) -> Value, write: @escaping @Sendable (Value) -> String
    ) -> ConfigurationKey {
        value(
            path, .text, meaning, example: quoted(example), isPersonal: isPersonal, reload: reload, place,
            read: { (value) throws(ValueRefusal) in try read(try requireText(value)) },
            write: { $0.map { quoted(write($0)) } })
    }

    static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ path: String, _ place: any Place<Value>, _ meaning: String, reload: Reload
    ) -> ConfigurationKey where Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        return value(
            path, .choice(words), meaning, reload: reload, place,
            read: { (found) throws(ValueRefusal) in
                guard let value = Value(rawValue: try requireText(found)) else {
                    throw ValueRefusal("one of \(words.joined(separator: ", ")) is wanted")
                }
                return value
            }, write: { quoted($0.rawValue) })
    }

    static func flag(
        _ path: String, _ place: any Place<Bool>, _ meaning: String, danger: String? = nil, reload: Reload = .restart
    ) -> ConfigurationKey {
        value(
            path, .flag, meaning, danger: danger, reload: reload, place,
            read: { (value) throws(ValueRefusal) in
                guard case .boolean(let flag) = value else {
                    throw ValueRefusal("true or false is wanted, found \(value.kindName)")
                }
                return flag
            }, write: { "\($0)" })
    }

    static func integer(
        _ path: String, _ place: any Place<Int?>, example: Int, _ bounds: ClosedRange<Int64>, _ meaning: String,
        reload: Reload = .restart
    ) -> ConfigurationKey {
        value(
            path, .integer(bounds), meaning, example: "\(example)", reload: reload, place,
            read: { (value) throws(ValueRefusal) in
                guard case .integer(let number) = value else {
                    throw ValueRefusal("an integer is wanted, found \(value.kindName)")
                }
                guard bounds.contains(number) else {
                    throw ValueRefusal("between \(bounds.lowerBound) and \(bounds.upperBound) are allowed")
                }
                return Int(number)
            }, write: { $0.map { "\($0)" } })
    }

    static func duration(
        _ path: String, _ place: any Place<Duration>, _ seconds: ClosedRange<Int64>, _ meaning: String, reload: Reload
    ) -> ConfigurationKey {
        let example = HubConfiguration()[keyPath: place].written
        return value(
            path, .duration(seconds), meaning, reload: reload, place,
            read: { (value) throws(ValueRefusal) in
                guard case .string(let text) = value, let duration = Duration(written: text) else {
                    throw ValueRefusal("a duration such as \"\(example)\" is wanted")
                }
                guard duration >= .seconds(seconds.lowerBound), duration <= .seconds(seconds.upperBound) else {
                    throw ValueRefusal("between \(seconds.lowerBound) s and \(seconds.upperBound) s are allowed")
                }
                return duration
            }, write: { quoted($0.written) })
    }

    static func size(
        _ path: String, _ place: any Place<Int>, _ bounds: ClosedRange<Int>, _ meaning: String, reload: Reload
    ) -> ConfigurationKey {
        let example = WrittenSize.text(HubConfiguration()[keyPath: place])
        return value(
            path, .size(bounds), meaning, reload: reload, place,
            read: { (value) throws(ValueRefusal) in try requireSize(value, bounds, example: example) },
            write: { quoted(WrittenSize.text($0)) })
    }

    static func size(
        _ path: String, _ place: any Place<Int?>, example: String, _ bounds: ClosedRange<Int>, _ meaning: String,
        reload: Reload
    ) -> ConfigurationKey {
        value(
            path, .size(bounds), meaning, example: quoted(example), reload: reload, place,
            read: { (value) throws(ValueRefusal) in try requireSize(value, bounds, example: example) },
            write: { $0.map { quoted(WrittenSize.text($0)) } })
    }

    static func list(
        _ path: String, _ place: any Place<[String]>, countMax: Int, what: String, example: String, _ meaning: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: path, form: .list(countMax: countMax), meaning: meaning, example: "[\(quoted(example))]", danger: nil,
            isPersonal: false, reload: .restart, since: firstVersion,
            set: { value, configuration in
                switch value {
                case .string(let item):
                    guard !configuration[keyPath: place].contains(item) else { return "\(item) is named twice" }
                    guard configuration[keyPath: place].count < countMax else { return "more than \(countMax) \(what)" }
                    configuration[keyPath: place].append(item)
                    return nil
                case .emptyArray: return nil
                default: return "a string is wanted, found \(value.kindName)"
                }
            },
            written: { "[" + $0[keyPath: place].map(quoted).joined(separator: ", ") + "]" },
            copy: { $1[keyPath: place] = $0[keyPath: place] })
    }

    /// Why a value cannot be taken.
    struct ValueRefusal: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    static let firstVersion = "0.1.0"

    private static func value<Value: Sendable>(
        _ path: String, _ form: Form, _ meaning: String, example: String? = nil, danger: String? = nil,
        isPersonal: Bool = false, reload: Reload, _ place: any Place<Value>,
        read: @escaping @Sendable (TOMLDocument.Value) throws(ValueRefusal) -> Value,
        write: @escaping @Sendable (Value) -> String?
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: path, form: form, meaning: meaning,
            example: example ?? write(HubConfiguration()[keyPath: place]) ?? "", danger: danger, isPersonal: isPersonal,
            reload: reload, since: firstVersion,
            set: { value, configuration in
                do throws(ValueRefusal) {
                    configuration[keyPath: place] = try read(value)
                    return nil
                } catch {
                    return error.reason
                }
            },
            written: { write($0[keyPath: place]) },
            copy: { $1[keyPath: place] = $0[keyPath: place] })
    }

    private static func requireText(_ value: TOMLDocument.Value) throws(ValueRefusal) -> String {
        guard case .string(let text) = value else {
            throw ValueRefusal("a string is wanted, found \(value.kindName)")
        }
        guard !text.isEmpty else { throw ValueRefusal("an empty string is no value") }
        return text
    }

    private static func requireSize(
        _ value: TOMLDocument.Value, _ bounds: ClosedRange<Int>, example: String
    ) throws(ValueRefusal) -> Int {
        guard case .string(let text) = value, let size = WrittenSize.bytes(text) else {
            throw ValueRefusal("a size such as \"\(example)\" is wanted")
        }
        guard bounds.contains(size) else {
            throw ValueRefusal("between \(bounds.lowerBound) and \(bounds.upperBound) bytes are allowed")
        }
        return size
    }

    /// A basic string of TOML 1.0.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16, uppercase: true)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
