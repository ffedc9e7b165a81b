"""The registry."""
from django.shortcuts import render
def registry(request, slug):
    return render(request, "home.html")
