import Gateway
import Glibc
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
        let service = try Service(configuration: arguments.required("config"), loops: loops)
        let code = await service.run()
        // The loops run until the process is no more. What they refer to must not be taken down before: neither the service, nor
        // by `atexit` the tables of the libraries.
        withExtendedLifetime(service) { _exit(code) }
    }
}
