import Configuration
import Gateway

/// `tollgate healthcheck`: asks the gateway of a configuration whether it is ready; for containers and service managers.
enum HealthcheckCommand {
    static func run(_ arguments: ArraySlice<String>) async throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config"])
        try arguments.expectPositionals(0, "no further words")
        let place = try Snapshot.place(of: arguments.required("config"))
        if let problem = await HealthProbe.problem(place) {
            Console.complain("not ready: \(problem)")
            return 1
        }
        return 0
    }
}
