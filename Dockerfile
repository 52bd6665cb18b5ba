# The app alone: no GPU, no root, nothing fetched when it starts.
#   docker build -t wganad . && docker run --rm -p 8501:8501 wganad
FROM python:3.12-slim

RUN useradd --create-home wganad
WORKDIR /src

# What it needs, before what changes: this layer is made once. PyTorch without CUDA's gigabytes.
COPY requirements.txt .
RUN grep -E "^torch==" requirements.txt > torch.txt
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu -r torch.txt
RUN pip install --no-cache-dir -r requirements.txt

COPY pyproject.toml setup.py README.md LICENSE app.py ./
COPY .streamlit .streamlit
COPY wganad_core wganad_core
COPY pages pages
COPY pretrained pretrained
RUN pip install --no-cache-dir --no-deps . && rm -rf /src/*

USER wganad
WORKDIR /home/wganad
ENV WGANAD_DATA=/home/wganad/data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["wganad", "app", "--address", "0.0.0.0", "--port", "8501", "--hosts", "*", "--headless"]
