import Gateway
import Transport

/// `tollgate serve`: runs until SIGTERM or SIGINT.
enum ServeCommand {
    static func run(_ arguments: ArraySlice<String>) async throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "loops"])
        try arguments.expectPositionals(0, "no further words")
        var loops = 0
        if let text = try arguments.one("loops") {
            guard let number = Int(text), (1...64).contains(number) else {
                throw UsageError(sentence: "--loops \(text) is not a number from 1 to 64")
            }
            loops = number
        }
        return try await Service(configuration: arguments.required("config"), loops: loops).run()
    }
}
