namespace AarenGen.Orleans.Tests;

/// <summary>A test that needs a server, which a variable of the environment names.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ServerFactAttribute : FactAttribute
{
    /// <param name="variable">The variable.</param>
    public ServerFactAttribute(string variable)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        {
            Skip = $"{variable} is not set: see {nameof(Server)} for what it says. CI sets it.";
        }
    }
}
