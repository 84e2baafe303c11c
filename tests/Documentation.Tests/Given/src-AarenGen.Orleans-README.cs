// With shared.cs.
global using AarenGen.AspNetCore;
global using AarenGen.Orleans;
global using Microsoft.AspNetCore.Builder;
global using Microsoft.Extensions.Hosting;
global using Orleans.Dashboard;
global using Orleans.Hosting;
global using StackExchange.Redis;

internal static class Given;
