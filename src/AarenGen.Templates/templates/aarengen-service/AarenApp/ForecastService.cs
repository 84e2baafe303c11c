using AarenGen.AspNetCore;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;
using Microsoft.AspNetCore.Authentication;

namespace AarenApp;

/// <summary>The service: streams over HTTP, kept in a folder, for those who have the key.</summary>
public static class ForecastService
{
    /// <summary>Builds it.</summary>
    /// <param name="weights">The file of the model's weights.</param>
    /// <param name="folder">The folder of the streams; one process uses it at a time.</param>
    /// <param name="arguments">Settings, such as <c>--urls http://localhost:5000</c>.</param>
    /// <exception cref="ArgumentException">The setting ApiKey is missing or too short.</exception>
    public static WebApplication Build(string weights, string folder, params string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(arguments);
        string key = builder.Configuration["ApiKey"] is { Length: >= ApiKey.MinLength } given ? given : throw new ArgumentException(
            $"The environment variable ApiKey must be a secret of at least {ApiKey.MinLength} characters.");
        builder.Services.AddStreams<Forecaster>(weights).UseSqlite(folder).AddHealthCheck();

        builder.Services.AddSingleton(new ApiKey(key));
        builder.Services.AddAuthentication(ApiKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        builder.Services.AddAuthorization();

        WebApplication app = builder.Build();
        app.MapStreams<Forecaster>("/streams").RequireAuthorization();
        app.MapHealthChecks("/health");
        return app;
    }
}
